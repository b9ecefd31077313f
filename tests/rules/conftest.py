"""Property tests of the rules draw the same examples every time, and a first compilation does not count as slow."""

from hypothesis import settings

settings.register_profile("rules", derandomize=True, deadline=None)
settings.load_profile("rules")
