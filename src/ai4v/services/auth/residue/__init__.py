"""Rows that nobody can use any more, and their end."""
