"""How fast the gateway is, beside nginx and beside a gateway as most write it, in one run."""
