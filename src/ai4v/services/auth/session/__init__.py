"""Sessions: their tokens, their renewal and their end."""
