"""Reading plates: movies, image sequences and EXR, brought to display-referred sRGB at the size the networks work in."""
