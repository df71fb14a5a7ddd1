"""Marigold-E2E-FT normals, frame by frame or with temporal blocks (Buffer Anytime's normal model)."""
