"""Engines in processes of their own: the two sides, and what passes between them."""
