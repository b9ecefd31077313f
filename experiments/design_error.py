"""The refusal of a design."""


class DesignError(ValueError):
    """The points of a sweep cannot be made; the message names what stands in the way and the way out."""
