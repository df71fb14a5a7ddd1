"""The light that is already in a plate: found, taken out, and put into the scene."""
