"""How node trees are built and read."""
