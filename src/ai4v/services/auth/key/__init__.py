"""API keys: making, listing, ending them, and whose one is."""
