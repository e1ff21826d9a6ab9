"""What is written of requests: access lines, metrics, refusals."""
