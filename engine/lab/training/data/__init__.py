"""Clips with ground truth: their format, readers of data sets, and augmentation."""
