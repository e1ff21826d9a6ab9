"""The platform as a whole, found out by asking its services."""
