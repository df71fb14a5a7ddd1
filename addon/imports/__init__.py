"""Passes that come from other tools, and what their values mean. Needs no engine."""
