"""AI4V-C: speech and translation for India's languages behind one gateway."""
