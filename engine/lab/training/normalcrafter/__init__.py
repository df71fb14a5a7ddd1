"""Training NormalCrafter from a Stable Video Diffusion checkpoint, in the three stages of the paper (arXiv 2504.11427).

`config` says what can be set, `losses` and `schedules` hold the formulas, `stages` puts them together, `trainer` runs them.
Nothing here is imported at inference, and what a stage exports is a checkpoint like any other.
"""
