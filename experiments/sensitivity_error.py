"""The refusal of a sensitivity study."""


class SensitivityError(ValueError):
    """A study that cannot be done, or outputs that have no index; the message names what and the way out."""
