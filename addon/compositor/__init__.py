"""What Platelight puts into a scene's compositor, and how it follows the scene."""
