"""The processes of the platform; none imports another."""
