"""PostgreSQL: the embedded server."""
