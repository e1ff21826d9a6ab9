"""PostgreSQL: connections, and the record of requests that every AI service keeps."""
