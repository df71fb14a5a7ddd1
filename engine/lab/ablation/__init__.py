"""A table of what each stage of training NormalCrafter adds."""
