"""The node groups that Platelight puts into a file."""
