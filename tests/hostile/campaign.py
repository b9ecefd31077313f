"""Feeds the product thousands of hostile files, words and requests, each the same wherever it is made again from its number.

    python tests/hostile/campaign.py [--inputs 2000] [--seed 1] [--only case,store] [--minutes M]
    python tests/hostile/campaign.py --only case --seed 1 --number 1234 --keep FOLDER     one again, its files kept

An input may be accepted or refused. It must not crash with anything but one message in words, take long, take much memory,
run a program, unpickle, or write outside its folder; and what is accepted must be sound. Prints a line for each surface and every
fault with its number; the exit status is 1 where there was one.
"""

import argparse
import faulthandler
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unicodedata
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from mutations import CANARY
from surfaces import Files, Surface, surfaces

from coprod_abm.experiments.refusals import is_refusal, told

CPU_SECONDS = 20.0  # for one input, of its own processor time: a busy machine changes nothing
WALL_SECONDS = 300.0  # after which even a call that hears no signal is ended, with a traceback
MOST_GROWTH = 600.0  # MB of memory that one input may add
SHORTEST, LONGEST = 25, 4_000  # characters of a message
PROGRAMS = {
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "subprocess.Popen",
    "pickle.find_class",
    "marshal.loads",
    "ctypes.dlopen",
}
OWN = ("git", "uname")  # what the product itself asks of the system


class TooLong(BaseException):
    """An input took too much processor time."""


class Fault(NamedTuple):
    """An input that broke a promise."""

    surface: str
    number: int
    why: str


class Watch:
    """Whether an input makes the process run, unpickle, or write what it may not. It listens while an input is read."""

    def __init__(self, home: Path) -> None:
        self.home, self.listens, self.heard = home, False, list[str]()
        sys.addaudithook(self.hear)

    def hear(self, event: str, given: tuple[Any, ...]) -> None:
        if not self.listens:
            return
        if event in PROGRAMS and not str(given[:1]).strip("('[").startswith(OWN) and not cached_code():
            self.heard.append(f"{event} {given!r}"[:200])
        elif event == "open" and is_for_writing(given) and not self.may_write(given[0]):
            self.heard.append(f"writes {given[0]!r}"[:200])
        elif event == "socket.connect" and "127.0.0.1" not in str(given[1]):
            self.heard.append(f"connects to {given[1]!r}"[:200])

    def may_write(self, file: Any) -> bool:
        if not isinstance(file, str | bytes | os.PathLike):
            return True
        place = os.path.realpath(os.fsdecode(file))
        return (
            place.startswith((str(self.home), "/dev/", os.environ.get("COPROD_CACHE_DIR", "\0")))
            or "coprod_abm" in place
        )


def is_for_writing(given: tuple[Any, ...]) -> bool:
    mode, flags = (*given, None, 0)[1:3]
    return bool(set(str(mode or "")) & set("wax+")) or bool((flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def cached_code() -> bool:
    """Whether numba reads compiled code of its own, which is this user's alone."""
    frame: Any = sys._getframe()
    while frame is not None:
        if "numba" in frame.f_code.co_filename or "importlib" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False


# ---- one input ----


def made(surface: Surface, seed: int, name: str, number: int) -> Files:
    """Input number n of a surface."""
    return surface.make(np.random.default_rng([seed, *name.encode(), number]))


def laid(files: Files, place: Path) -> None:
    """Write an input into a folder; a name that ends in @link and the like becomes one."""
    place.mkdir(parents=True)
    for name, content in files.items():
        plain, _, kind = name.partition("@")
        file = place / plain
        file.parent.mkdir(parents=True, exist_ok=True)
        if kind == "folder":
            file.mkdir()
        elif kind:
            file.symlink_to({"link": "/etc/passwd", "loop": file, "away": "/nowhere/at/all"}[kind])
        else:
            file.write_bytes(content)


def why_not(surface: Surface, files: Files, place: Path) -> tuple[str, str]:
    """What became of an input: accepted, refused or fault, and why."""
    try:
        with limited(CPU_SECONDS):
            surface.read(place)
    except TooLong:
        return "fault", f"it took more than {CPU_SECONDS:.0f} s of processor time"
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is judged here
        return judged(error, surface, files)
    return "accepted", ""


def judged(error: BaseException, surface: Surface, files: Files) -> tuple[str, str]:
    """Whether what was raised is a refusal in plain words."""
    text = told(error) if isinstance(error, Exception) else f"{type(error).__name__}: {error}"
    if not (is_refusal(error) or isinstance(error, OSError)):
        return "fault", f"{text} <- {where(error)}"
    if not SHORTEST <= len(text) <= LONGEST:
        return "fault", f"the message has {len(text)} characters: {text[:200]!r}"
    if strange := [sign for sign in text if sign != "\n" and unicodedata.category(sign) in {"Cc", "Cs"}]:
        return "fault", f"the message holds {strange[0]!r}, which a terminal may obey: {text[:200]!r} <- {where(error)}"
    if surface.names and "=" not in text and not any(name.rpartition("/")[2] in text for name in files):
        return "fault", f"the message names neither file nor value: {text[:200]!r}"
    return "refused", ""


def where(error: BaseException) -> str:
    """The last lines of ours that an error came through."""
    import traceback

    frames = list(traceback.extract_tb(error.__traceback__))
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames[-6:]))


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Processor time that the block may take; a call that never comes back ends the process with a traceback."""

    def stop(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    faulthandler.dump_traceback_later(WALL_SECONDS, exit=True)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGPROF, before)


# ---- many ----


def attacked(
    name: str, surface: Surface, seed: int, numbers: Iterator[int], home: Path, watch: Watch
) -> Iterator[tuple[int, str, str]]:
    """What became of each input, by its number."""
    for number in numbers:
        place = home / "in" / str(number)
        files = made(surface, seed, name, number)
        laid(files, place)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        watch.heard.clear()
        here = Path.cwd()
        os.chdir(place)
        watch.listens = True
        try:
            verdict, why = why_not(surface, files, place)
        finally:
            watch.listens = False
            os.chdir(here)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3
        if watch.heard:
            verdict, why = "fault", f"it reached out: {watch.heard[0]}"
        elif grown > MOST_GROWTH:
            verdict, why = "fault", f"memory grew by {grown:.0f} MB"
        elif any(home.rglob(CANARY)):
            verdict, why = "fault", "it ran a program"
        shutil.rmtree(place, ignore_errors=True)
        yield number, verdict, why


def campaign(asked: argparse.Namespace, home: Path) -> list[Fault]:
    """Every wanted surface; the faults found."""
    watch, faults = Watch(home), list[Fault]()
    until = time.monotonic() + 60 * asked.minutes if asked.minutes else None
    for name, surface in surfaces(home, asked.only):
        began, counted = time.process_time(), Counter[str]()
        share = None if until is None else time.monotonic() + (until - time.monotonic()) / max(1, asked.left)
        asked.left -= 1
        numbers = iter([asked.number]) if asked.number is not None else range_until(asked.first, asked.inputs, share)
        seen = set[str]()
        for number, verdict, why in attacked(name, surface, asked.seed, numbers, home, watch):
            counted[verdict] += 1
            if verdict == "fault":
                faults.append(Fault(name, number, why))
                if (kind := why.split("<-")[-1][:70]) not in seen:
                    seen.add(kind)
                    say(f"FAULT {name} --seed {asked.seed} --number {number}: {why}")
        say(
            f"{name:<10} {counted.total():>7} inputs: {counted['refused']} refused, {counted['accepted']} accepted, {counted['fault']} faults; {time.process_time() - began:.1f} s of processor time"
        )
    return faults


def range_until(first: int, count: int, until: float | None) -> Iterator[int]:
    """Numbers, as many as asked for or as fit into the time."""
    number = first
    while (time.monotonic() < until) if until is not None else (number < first + count):
        yield number
        number += 1


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


ALL = ("case", "measures", "scenario", "design", "draws", "preset", "priors", "targets", "catalogue", "wish", "words", "command",
       "store", "records", "bank", "emulator", "told", "page")  # fmt: skip


def asked_for() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Hostile input by the thousand; see the head of this file.")
    parser.add_argument("--inputs", type=int, default=2_000, help="of each surface")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number to begin with")
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(ALL))
    parser.add_argument(
        "--minutes", type=float, help="in place of --inputs: as many as fit, shared out over the surfaces"
    )
    parser.add_argument("--number", type=int, help="this input alone")
    parser.add_argument("--keep", type=Path, help="with --number: lay the files of the input there")
    asked = parser.parse_args()
    asked.left = len(asked.only)
    return asked


def main() -> int:
    asked = asked_for()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        home = Path(folder).resolve()
        os.chdir(home)
        tempfile.tempdir = str(home)
        if asked.keep is not None and asked.number is not None:
            for name, surface in surfaces(home, asked.only):
                laid(made(surface, asked.seed, name, asked.number), asked.keep / name)
            return 0
        faults = campaign(asked, home)
    say(f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.SubprocessError as error:
        sys.exit(str(error))
