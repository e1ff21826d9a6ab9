"""AI4V-C: speech and translation for India's languages behind one gateway."""

__version__ = "0.1.0"
