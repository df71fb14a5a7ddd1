"""The embedded `preview` model: one frame in, camera-space normals out, with no download and no GPU."""
