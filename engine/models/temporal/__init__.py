"""Video models out of image models: temporal attention blocks that change nothing until they are trained."""
