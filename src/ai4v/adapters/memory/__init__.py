"""Ports kept in this process's memory: for one process, for tests, and for hard times."""
