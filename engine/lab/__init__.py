"""Training, evaluation and comparisons. The extension's zip leaves this folder out; it runs from the repository."""
