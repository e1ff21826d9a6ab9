"""How an instance is asked: attempts, retries, hedging, and the places that are shared."""
