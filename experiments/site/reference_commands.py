"""The commands' page of the reference: what each prints when it is asked for help."""

import contextlib
import io
import re

from coprod_abm.experiments.cli import COMMANDS, main, overview

PARTS = {"workshop": ("export", "pack", "guide", "map")}  # words of a command that answer for themselves


def commands() -> str:
    """Every command with its options, as `coprod COMMAND --help` shows them."""
    lead = (
        "# Commands\n\n`python3 start.py COMMAND ...` passes everything on to `coprod`. What is bad is refused with exit "
        "code 2 before anything runs; an interrupted command ends with 130, a failed one with 1."
    )
    parts = [f"```text\n{overview()}\n```"]
    for name, command in COMMANDS.items():
        parts.append(f"## coprod {name}\n\n{command.does.capitalize()}.\n\n{_shown(name)}")
        parts += [f"### coprod {name} {part}\n\n{_shown(name, part)}" for part in PARTS.get(name, ())]
    return "\n\n".join([lead, *parts])


def _shown(*words: str) -> str:
    return f"```text\n{help_of(*words)}\n```"


def help_of(*words: str) -> str:
    """What a command prints for ``--help``; ways of this machine are left out.

    >>> help_of("cases").splitlines()[0]
    'usage: coprod cases [-h] [case]'
    """
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.suppress(SystemExit):
        main([*words, "--help"])
    return re.sub(r"\x1b\[[0-9;]*m", "", told.getvalue()).strip()
