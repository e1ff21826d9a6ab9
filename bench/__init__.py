"""Benchmarks: what the platform does on this machine, side by side with what it is compared to."""
