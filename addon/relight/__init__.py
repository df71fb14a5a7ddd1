"""Relighting: from passes and lights to a relit plate."""
