"""Who may come in: the caller's address, key and limits."""
