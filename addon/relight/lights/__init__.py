"""The scene's lights as inputs of the relight group."""
