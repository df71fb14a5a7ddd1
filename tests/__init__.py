"""Tests, the runner for `build.py test`, sample files, and helpers that tests share."""
