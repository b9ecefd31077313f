"""The folder of one run: written under a temporary name beside its place, renamed when it is whole."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coprod_abm.store_files import host_name, is_alive


class OutputError(ValueError):
    """The results cannot be written where the user wants them; the message names folder, rule and way out."""


def check_free(out: Path) -> None:
    """Refuse a place that already holds something.

    Raises:
        OutputError: when ``out`` is a file or a folder that is not empty.
    """
    if out.is_dir():
        if any(out.iterdir()):
            raise OutputError(f"out = {out} already holds files. Name another folder, or remove this one first.")
    elif os.path.lexists(out):
        raise OutputError(f"out = {out} is a file. Name a folder that does not exist yet.")


@contextmanager
def run_folder(out: Path) -> Iterator[Path]:
    """A folder to write into that becomes ``out`` when the block ends well; else nothing of it remains.

    Raises:
        OutputError: before the block, when ``out`` is taken or cannot be written; after it, when ``out`` was taken
            meanwhile.
    """
    check_free(out)
    made = _make_parents(out)
    forget_killed(out)
    unfinished = out.with_name(f".{out.name}.{host_name()}-{os.getpid()}.unfinished")
    try:
        unfinished.mkdir()
        yield unfinished
        _rename(unfinished, out)
    except BaseException as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        _remove_empty(made)
        if isinstance(error, OSError) and error.filename == str(unfinished):
            raise _not_writable(out, error) from None
        raise


def forget_killed(out: Path) -> None:
    """Remove what processes of this machine that were killed left of this very folder; nothing ever reads it."""
    of_ours = re.compile(rf"{re.escape(f'.{out.name}.{host_name()}-')}(\d+)\.unfinished")
    for folder in out.parent.iterdir():
        found = of_ours.fullmatch(folder.name)
        if found and not is_alive(int(found[1])):
            shutil.rmtree(folder, ignore_errors=True)


def _make_parents(out: Path) -> list[Path]:
    """Make the folders above ``out``; those that are new, innermost first."""
    try:
        missing = [folder for folder in out.parents if not folder.exists()]
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(out, error) from None
    return missing


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:  # somebody else uses it by now
            return


def _rename(unfinished: Path, out: Path) -> None:
    check_free(out)
    if out.is_dir():
        out.rmdir()  # an empty folder may give way
    unfinished.rename(out)


def _not_writable(out: Path, error: OSError) -> OutputError:
    files = [str(folder) for folder in out.parents if folder.is_file()]
    why = f"{files[0]} is a file" if files else error.strerror
    return OutputError(
        f"out = {out} cannot be written: {why}. Name a folder in which you may create files, as in out=my-run."
    )
