"""The gateway: the one entry point of the platform."""
