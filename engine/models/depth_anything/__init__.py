"""Depth Anything V2, frame by frame or with temporal blocks (Buffer Anytime's depth model)."""
