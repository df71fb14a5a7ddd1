"""How Blender stores things: strips and clips, images, the compositor, and what differs between its versions."""
