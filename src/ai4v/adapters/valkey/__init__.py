"""Ports kept in Valkey or Redis, shared by every instance."""
