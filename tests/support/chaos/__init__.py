"""A small town of real processes, what harms it, and who keeps account of what it answers."""
