"""Tuning temporal blocks on one shot, with no ground truth (Buffer Anytime, arXiv 2411.17249): what the *Tune* button runs."""
