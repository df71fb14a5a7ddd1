"""MoGe-2 and MoGe-3: normals, depth in metres, field of view and a mask of what has a surface, from one image."""
