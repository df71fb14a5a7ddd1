"""Training of Buffer Anytime (arXiv 2411.17249): temporal blocks for an image model, learned with no ground truth at all.

The frozen image model says what one frame should look like, optical flow says what must stay the same from frame to frame.
`losses`, `masks`, `flow` and `deferred` hold the parts as pure functions, `stages` puts them together for each model, `trainer`
runs them on sets of clips, and `tune` on one shot of the user's own.
"""
