"""From passes and lights to node graphs."""

from .group import NAME, node_group

__all__ = ["NAME", "node_group"]
