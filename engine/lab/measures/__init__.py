"""Angular errors of normals, and the best constant answers to compare them with."""
