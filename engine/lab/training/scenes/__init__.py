"""Procedural scenes, ray-cast with exact normals and depth: the clips that `make-clips` writes."""
