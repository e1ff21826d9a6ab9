"""The command line: brings the platform up, looks after it, and uses it."""
