"""A request's way through: bodies, headers, streams, and what is kept of them."""
