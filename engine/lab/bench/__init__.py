"""Networks to measure speed with: tiny ones, ones with random weights, and counts of their operations."""
