"""Marigold's intrinsic images: albedo, roughness and metallicity, or albedo and shading."""
