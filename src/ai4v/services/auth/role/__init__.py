"""Roles: who has which, and what each may do."""
