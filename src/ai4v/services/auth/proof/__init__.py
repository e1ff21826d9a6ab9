"""What a token from a letter, or from the operator, proves: an address, the owner of an account."""
