"""Where results come from: what :mod:`coprod_abm.provenance` says, under the name that experiments use."""

from coprod_abm.provenance import PACKAGES, command_line, commit, now, provenance, versions

__all__ = ["PACKAGES", "command_line", "commit", "now", "provenance", "versions"]
