"""Lines in, events out. A leaf: knows nothing of `forensics`."""
