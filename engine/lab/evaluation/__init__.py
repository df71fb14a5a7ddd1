"""How good normals are: angular errors, temporal stability, and a report that sets models side by side."""
