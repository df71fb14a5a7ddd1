"""The light that is already in a plate: found, taken out, and put into the scene."""


class MatchError(Exception):
    """What stands in the way, in a sentence that ends with what to do."""
