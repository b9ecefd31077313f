"""Where results go: the word ``out=`` read as people write folders, before Hydra's grammar sees it."""

import re
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from coprod_abm.experiments.run_folder import OutputError

KEY = "out="
_WAY_OUT = "Name a folder, as in out=my-run, or leave out away: results then go to runs/ with date and time."
_GRAMMAR = set("\"'[]{},$")  # signs that mean something to Hydra: a word with them is not simply a name


def placed(word: str) -> str:
    """A word of the command line; of ``out=FOLDER`` one that Hydra can read, with ``~`` spelt out.

    Raises:
        OutputError: when no folder is named, or there is no such home folder.
    """
    if not word.startswith(KEY):
        return word
    named = _named(word)
    if named is None:  # a sweep or a slip, which is told of where all words are checked
        return word
    if not named.strip():
        raise OutputError(f"out is empty. {_WAY_OUT}")
    return word if _is_plain(word) and not named.startswith("~") else f"{KEY}{quoted(_at_home(named))}"


def _named(word: str) -> str | None:
    text = word.removeprefix(KEY)
    try:
        override = OverridesParser.create().parse_override(word)
    except (HydraException, ValueError, RecursionError):
        return None if set(text) & _GRAMMAR else text
    if override.is_sweep_override():
        return None
    value: Any = override.value()
    if value is None or isinstance(value, (list, dict)):
        raise OutputError(f"{word} names no folder. {_WAY_OUT}")
    return value if isinstance(value, str) else text  # 007 is a name and no number


def _is_plain(word: str) -> bool:
    try:
        return isinstance(OverridesParser.create().parse_override(word).value(), str)
    except (HydraException, ValueError, RecursionError):
        return False


def _at_home(named: str) -> str:
    try:
        return str(Path(named).expanduser())
    except RuntimeError:
        raise OutputError(f"out = {named}: there is no such home folder. {_WAY_OUT}") from None


def quoted(text: str) -> str:
    """``text`` in quotes that Hydra takes off again."""
    inside = re.sub(r"(\\*)'", r"\1\1\\'", text)
    return "'" + re.sub(r"(\\+)$", r"\1\1", inside) + "'"
