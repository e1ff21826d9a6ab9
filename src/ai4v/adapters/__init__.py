"""One folder per technology; none imports another."""
