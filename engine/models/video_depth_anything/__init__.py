"""Video Depth Anything: depth that is steady over time, in its published windows."""
