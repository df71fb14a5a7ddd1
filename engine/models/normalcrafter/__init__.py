"""NormalCrafter as published, streamed: see `estimator` for the order of things and `windows` for the plan."""
