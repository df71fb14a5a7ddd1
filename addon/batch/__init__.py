"""Platelight on the command line: `blender -b FILE --command platelight …`."""
