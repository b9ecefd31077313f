"""`coprod doctor`: is this installation sound? One line per check, with the way out where something is wrong."""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

SUPPORTED = ((3, 12), (3, 13))
SELF_TEST_CASE, SELF_TEST_WEEKS = "EN-LPFT", 13


class Finding(NamedTuple):
    """What one check found; ``way_out`` is empty when all is well."""

    what: str
    found: str
    way_out: str = ""


def main(words: Sequence[str]) -> int:
    """Print every finding; 0 when all is well, 1 when something is wrong."""
    argparse.ArgumentParser("coprod doctor", description="Check this installation.").parse_args(list(words))
    wrong = 0
    for check in (python, packages, threads, compiled_code, output, self_test):
        for finding in checked(check):
            wrong += bool(finding.way_out)
            print(f"{'WRONG' if finding.way_out else 'ok':<6}{finding.what:<15}{finding.found}", flush=True)
            if finding.way_out:
                print(f"{'':<21}{finding.way_out}")
    print(f"\n{wrong} thing{'s' * (wrong > 1)} wrong." if wrong else "\nAll is well.")
    return 1 if wrong else 0


def checked(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """The findings of one check; a check that fails is itself a finding."""
    try:
        yield from check()
    except Exception as error:  # noqa: BLE001 - a doctor reports what it meets
        name = check.__name__.replace("_", " ")
        yield Finding(name, f"{type(error).__name__}: {error}", "Install the package again, then report this.")


def python() -> Iterator[Finding]:
    """The Python version."""
    known = " or ".join(".".join(map(str, each)) for each in SUPPORTED)
    is_supported = sys.version_info[:2] in SUPPORTED
    yield Finding("Python", platform.python_version(), "" if is_supported else f"Use Python {known}.")


def packages() -> Iterator[Finding]:
    """Versions of the packages that decide results, and whether all can be found."""
    from coprod_abm.experiments.provenance import PACKAGES

    found, missing = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    way_out = f"Missing: {', '.join(missing)}. Install coprod-abm again." if missing else ""
    yield Finding("packages", ", ".join(found), way_out)


def threads() -> Iterator[Finding]:
    """Processors that runs may use."""
    from coprod_abm.simulate import available_threads

    yield Finding("threads", f"{available_threads()} of {os.cpu_count()} processors")


def compiled_code() -> Iterator[Finding]:
    """Where compiled code is kept, and whether the next run starts at once."""
    from coprod_abm.compiled import cache_folder, is_compiled

    folder = cache_folder()
    if folder is None:
        yield Finding("compiled code", "cannot be kept", "Set COPROD_CACHE_DIR to a folder in which you may write.")
        return
    yield Finding("compiled code", f"{folder} ({'compiled' if is_compiled() else 'not yet: the first run compiles'})")


def output() -> Iterator[Finding]:
    """Whether results can be written where the user stands."""
    here = Path.cwd()
    try:
        with tempfile.TemporaryDirectory(dir=here):
            pass
    except OSError as error:
        yield Finding("results", f"{here}: {error.strerror}", "Name another folder in coprod run out=FOLDER.")
        return
    yield Finding("results", f"{here / 'runs'} can be written")


def self_test() -> Iterator[Finding]:
    """Whether the two engines give the same numbers to the last bit."""
    from coprod_abm.compiled import is_compiled
    from coprod_abm.mesa_model import differences
    from coprod_abm.parameters import Parameters

    if not is_compiled():
        print("      compiling the model once, about half a minute", flush=True)
    began = time.monotonic()
    found = differences(Parameters(), SELF_TEST_CASE, seed=1, weeks=SELF_TEST_WEEKS)
    seconds = time.monotonic() - began
    if found:
        shown = "; ".join(found[:3])
        yield Finding("engines", f"differ: {shown}", "Do not trust results of this installation; report this.")
        return
    yield Finding("engines", f"equal to the last bit after {SELF_TEST_WEEKS} weeks ({seconds:.1f} s)")
