"""Training of the embedded preview model."""
