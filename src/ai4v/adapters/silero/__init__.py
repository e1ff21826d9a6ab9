"""Silero voice activity detection, in a process of its own."""
