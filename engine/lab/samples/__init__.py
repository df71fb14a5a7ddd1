"""Scenes of the held-out and verdict clips, and the script that renders them in Blender."""
