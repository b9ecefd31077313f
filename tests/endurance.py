"""Works the model for hours as many people at once would, kills what it can, and looks at what that leaves.

    python tests/endurance.py [--minutes 120] [--seed 1] [--json FILE]

Sweeps by one to three processes in one folder, a calibration whose bank grows, and scenarios are struck by SIGKILL, SIGTERM and
Ctrl-C at random moments and started again; a workshop page is asked by many visitors, well and badly; a session like that of
a notebook sweeps, reads and simulates in one process. Results after all kills must equal those of an undisturbed run to the
bit. Of the page and the session, which live as long as all this lasts, memory, files and threads are sampled. Prints what was
done and what was found; the exit status is 1 where a promise was broken.
"""

import argparse
import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import psutil

from coprod_abm.store import open_store, results

MARK = "COPROD_ENDURANCE"  # every process that is started here bears it, so that none can be left unseen
STRIKES = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
PATIENCE = 300  # seconds in which what was asked to end must have ended
PAIRS = 6  # of point and case in a chunk: many small files, so that a kill finds the store in every state
SWEEP = (
    "sweep", "case=EN-LPFT", "weeks=104", "replicates=4", "rows=replicates", "figures=false",
    "power.agenda_access=range(0,0.95,0.05)", "trust.gain=0.02,0.05,0.08", "power=majority,consensus",
)  # fmt: skip
BANK = ("calibrate", "case=EN-LPFT", "stages=bank", "theories=all")
DRAWS = (50, 100, 160)  # a bank that grows
SCENARIO = ("scenarios", "scenario=sponsor_loss", "case=EN-LPFT", "replicates=3", "figures=false")
VISITORS = 3
PAGE, SESSION_NAME = "workshop page", "session"
SETTINGS = 40  # different pairs of scenarios that visitors ask for: more than the page keeps
WARM_TURNS = 3  # of the session, before its memory is looked at: libraries are loaded by then
LONG_ENOUGH = 10.0  # minutes after which memory must have been judged
BLOCKS = 12  # means over a block of time are nearly independent of each other, single samples are not
MOST_GROWTH = 24.0  # MB over the time looked at: more of it, and surely more than nought, is no flat memory

SESSION = """
import gc, itertools, sys, tempfile
from pathlib import Path
import numpy as np, pandas as pd
import coprod_abm as ca
from coprod_abm.experiments.cli import main
from coprod_abm.experiments.executor_local import run_chunks
from coprod_abm.job import job_of
from coprod_abm.store import open_store, results

case = ca.load_case("EN-LPFT")
points = pd.DataFrame({"trust.gain": np.linspace(0.01, 0.1, 40), "power": ["consensus", "majority"] * 20})
first = None
for turn in itertools.count():
    with tempfile.TemporaryDirectory() as folder:
        job = job_of(points, case, replicates=2, seed=5, weeks=52)
        store = open_store(Path(folder) / "kept", job, pairs_per_chunk=5, every=26)
        run_chunks(job, store.missing(), store, threads=1)
        store.finish()
        found = results(Path(folder) / "kept")
        runs = ca.simulate(ca.Parameters(), case, replicates=2, seed=1, weeks=52)
        words = ["sweep", "case=EN-LPFT", "weeks=26", "replicates=1", "power=majority,consensus", "figures=false"]
        assert main([*words, f"out={folder}/command"]) == 0
        told = float(runs["need_met"].sum()), found
        first = first or told
        assert told[0] == first[0] and found.equals(first[1]), "the same work gave other numbers"
        assert main(["sweep", "case=EN-LPFT", "power=kings", "dry_run=true"]) == 2
    print("turn", turn, file=sys.stderr, flush=True)
"""


class Sample(NamedTuple):
    """What a process held at a moment: seconds since the start, memory of its own in MB, open files, threads."""

    at: float
    memory: float
    files: int
    threads: int


class Load:
    """What is shared by all parts: the end, what was done, what was found, and a folder."""

    def __init__(self, minutes: float, seed: int, folder: Path) -> None:
        self.began, self.end, self.seed, self.folder = time.monotonic(), time.monotonic() + 60 * minutes, seed, folder
        self.done: Counter[str] = Counter()
        self.faults: list[str] = []
        self.samples: dict[str, list[Sample]] = {}
        self.warm: dict[str, float] = {}
        self.sizes: list[int] = []
        (folder / "temporary").mkdir()

    def goes_on(self) -> bool:
        return time.monotonic() < self.end

    def fault(self, text: str) -> None:
        self.faults.append(text)
        sys.stdout.write(f"FAULT after {time.monotonic() - self.began:.0f} s: {text}\n")
        sys.stdout.flush()

    def environment(self) -> dict[str, str]:
        return {**os.environ, MARK: str(self.folder), "TMPDIR": str(self.folder / "temporary"), "COLUMNS": "120"}

    def started(self, words: tuple[str, ...], log: Path) -> "subprocess.Popen[bytes]":
        """A command in a process of its own; what it says goes to a file."""
        call = [
            sys.executable,
            "-c",
            "import sys; from coprod_abm.experiments.cli import main; sys.exit(main())",
            *words,
        ]
        with log.open("ab") as told:
            return subprocess.Popen(
                call, stdout=told, stderr=told, env=self.environment(), cwd=self.folder, start_new_session=True
            )

    def struck(self, words: tuple[str, ...], log: Path, luck: np.random.Generator, longest: float) -> int:
        """The exit status of a command that is struck at a random moment, unless it ended before."""
        process = self.started(words, log)
        strike = STRIKES[int(luck.integers(len(STRIKES)))]
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(luck.uniform(0.0, longest))
        process.send_signal(strike)
        self.done[f"{strike.name} sent"] += 1
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.fault(f"{words[0]} still ran {PATIENCE} s after {strike.name}")
            process.kill()
            return process.wait()

    def whole(self, words: tuple[str, ...], log: Path) -> float:
        """Run a command to its end; seconds that it took."""
        began = time.monotonic()
        status = self.started(words, log).wait()
        if status:
            self.fault(f"{' '.join(words[:2])} ended with {status}: {log.read_text(errors='replace')[-600:]}")
        return time.monotonic() - began

    def check_log(self, log: Path, what: str) -> None:
        """A log holds messages; a traceback is one only where Python itself was still starting, or was torn down, by Ctrl-C."""
        for piece in log.read_text(errors="replace").split("Traceback (most recent call last)")[1:]:
            if "KeyboardInterrupt" not in piece:
                self.fault(f"{what} showed a traceback: {piece[-900:]}")
            else:
                self.done["Ctrl-C before the command had begun"] += 1
        if "A fault of coprod-abm itself" in log.read_text(errors="replace"):
            self.fault(f"{what} told of a fault of its own: {log.read_text(errors='replace')[-900:]}")
        log.unlink()


# ---- parts that are struck ----


def sweeps(load: Load) -> None:
    """Sweeps in a folder that several processes fill, each struck and started again until all is there."""
    luck = np.random.default_rng([load.seed, 1])
    log = load.folder / "sweep.log.txt"
    undisturbed = load.folder / "undisturbed"
    load.whole((*SWEEP, f"out={undisturbed}"), log)
    longest = load.whole((*SWEEP, f"out={load.folder / 'again'}"), log)
    whole = results(undisturbed)
    turn = 0
    while load.goes_on():
        turn += 1
        place = load.folder / f"sweep{turn}"
        begin_in_pieces(place, undisturbed)
        hands = [
            threading.Thread(target=struck_until_done, args=(load, place, luck.integers(2**31), longest))
            for _ in range(turn % 3 + 1)
        ]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
        load.whole((*SWEEP, f"out={place}"), log)
        found = results(place)
        if not found.equals(whole):
            load.fault(f"{place} differs from the undisturbed sweep")
        if left := [str(file) for file in place.rglob("*.tmp")]:
            load.fault(f"{place} still holds {left[:3]}")
        load.sizes.append(sum(file.stat().st_size for file in place.rglob("*") if file.is_file()))
        load.done["sweeps brought to their end"] += 1
        shutil.rmtree(place)
    load.check_log(log, "a sweep")


def begin_in_pieces(place: Path, like: Path) -> None:
    """Begin the same study in small chunks; whoever goes on with it keeps to them."""
    from coprod_abm.case import load_case
    from coprod_abm.job import job_of
    from coprod_abm.store import recorded_study

    known = recorded_study(like)
    assert known is not None
    table = results(like)
    points = table.drop_duplicates("point")[known["facts"]["columns"]].reset_index(drop=True)
    job = job_of(points, load_case("EN-LPFT"), replicates=4, seed=1, weeks=104, rows="replicates", common_seeds=True)
    assert job.fingerprint == known["fingerprint"], "the study begun here is another than that of the command"
    open_store(place, job, pairs_per_chunk=PAIRS)


def struck_until_done(load: Load, place: Path, seed: int, longest: float) -> None:
    luck = np.random.default_rng(seed)
    log = load.folder / f"hand{threading.get_ident()}.log"
    for _ in range(12):
        if not load.goes_on() or load.struck((*SWEEP, f"out={place}"), log, luck, 1.1 * longest) == 0:
            break
        load.done["sweeps struck"] += 1
    load.check_log(log, "a struck sweep")


def banks(load: Load) -> None:
    """Banks that grow in steps, each struck and started again."""
    luck = np.random.default_rng([load.seed, 2])
    log = load.folder / "bank.log"
    whole = load.folder / "bank0"
    longest = load.whole((*BANK, f"draws={DRAWS[-1]}", f"out={whole}"), log)
    turn = 0
    while load.goes_on():
        turn += 1
        place = load.folder / f"bank{turn}"
        for draws in DRAWS:
            words = (*BANK, f"draws={draws}", f"out={place}")
            while load.goes_on() and load.struck(words, log, luck, 1.1 * longest):
                load.done["banks struck"] += 1
            load.whole(words, log)
        if not results(place / "bank" / "EN-LPFT").equals(results(whole / "bank" / "EN-LPFT")):
            load.fault(f"{place}: a bank that grew in steps differs from one made at once")
        load.done["banks grown to their end"] += 1
        shutil.rmtree(place)
    load.check_log(log, "a calibration")


def scenarios(load: Load) -> None:
    """Scenarios, of which nothing or the whole folder is left."""
    luck = np.random.default_rng([load.seed, 3])
    log = load.folder / "scenario.log"
    first = load.folder / "scenario0"
    longest = load.whole((*SCENARIO, f"out={first}"), log)
    turn = 0
    while load.goes_on():
        turn += 1
        place = load.folder / f"scenario{turn}"
        words = (*SCENARIO, f"out={place}")
        while load.goes_on() and load.struck(words, log, luck, 1.1 * longest):
            load.done["scenarios struck"] += 1
            if place.exists():  # struck between its last step and its end: it must be whole
                break
        if not place.exists():
            load.whole(words, log)
        if not same_tables(place, first):
            load.fault(f"{place}: a scenario has other numbers than the same one before")
        load.done["scenarios brought to their end"] += 1
        shutil.rmtree(place)
    load.check_log(log, "a scenario")
    if left := [each.name for each in load.folder.glob(".scenario*.unfinished")]:
        load.fault(f"folders of struck scenarios are left: {left[:3]}")


def same_tables(place: Path, other: Path) -> bool:
    names = [file.relative_to(place) for file in place.rglob("*.parquet")]
    return bool(names) and all(pd.read_parquet(place / name).equals(pd.read_parquet(other / name)) for name in names)


# ---- parts that live on ----


def page(load: Load) -> None:
    """The workshop page and its visitors."""
    log = load.folder / "page.log"
    process = load.started(("workshop", "browser=no", "port=0"), log)
    host, port = address_in(log, process)
    watcher = threading.Thread(target=watch, args=(load, PAGE, process.pid))
    answers: dict[str, Any] = {}
    with contextlib.closing(http.client.HTTPConnection(host, port, timeout=PATIENCE)) as line:
        for number in range(SETTINGS):  # what the page keeps is full from here on
            asks_for_whole(load, line, number, answers)
    load.warm[PAGE] = time.monotonic() - load.began
    guests = [threading.Thread(target=visit, args=(load, host, port, number, answers)) for number in range(VISITORS)]
    for hand in (watcher, *guests):
        hand.start()
    for hand in (watcher, *guests):
        hand.join()
    if process.poll() is not None:
        load.fault(f"the workshop page ended by itself: {log.read_text(errors='replace')[-600:]}")
        return
    process.send_signal(signal.SIGINT)
    if process.wait(PATIENCE):
        load.fault(f"the workshop page ended with {process.returncode} after Ctrl-C")
    load.check_log(log, "the workshop page")


def address_in(log: Path, process: "subprocess.Popen[bytes]") -> tuple[str, int]:
    """The address that the page told."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        told = log.read_text(errors="replace")
        if "Ctrl-C ends it" in told:
            host, _, port = told.partition("http://")[2].partition("/")[0].rpartition(":")
            return host, int(port)
        time.sleep(0.2)
    raise RuntimeError(f"the workshop page did not begin: {log.read_text(errors='replace')}")


def visit(load: Load, host: str, port: int, number: int, answers: dict[str, Any]) -> None:
    """One visitor after the other: some look, some ask until the picture is whole, some send nonsense, some go away."""
    luck = np.random.default_rng([load.seed, 4, number])
    while load.goes_on():
        kind = luck.choice(["whole", "whole", "look", "nonsense", "leaves"])
        try:
            with contextlib.closing(http.client.HTTPConnection(host, port, timeout=PATIENCE)) as line:
                VISITS[kind](load, line, int(luck.integers(SETTINGS)), answers)
        except (OSError, http.client.HTTPException) as error:
            load.fault(f"the page hung up on a visitor who {kind}: {error!r}")
        load.done["visits to the page"] += 1
        time.sleep(luck.exponential(0.2))


def settings(number: int) -> dict[str, Any]:
    """One of the pairs of scenarios that visitors ask for."""
    luck = np.random.default_rng([7, number])
    values = {
        "leadership.facilitation": round(float(luck.random()), 2),
        "power.agenda_access": round(float(luck.random()), 2),
    }
    leaves = {"week": int(luck.integers(300)), "kind": "sponsor_leaves"}
    return {
        "case": "EN-LPFT",
        "a": {"presets": {"power": "majority"}},
        "b": {"values": values, "events": [leaves]},
        "seed": number,
    }


def ask(line: http.client.HTTPConnection, content: bytes) -> tuple[int, Any]:
    line.request("POST", "/picture", content, {"Content-Type": "application/json"})
    answer = line.getresponse()
    return answer.status, json.loads(answer.read())


def asks_for_whole(load: Load, line: http.client.HTTPConnection, number: int, answers: dict[str, Any]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        status, told = ask(line, json.dumps(settings(number)).encode())
        if status == http.HTTPStatus.SERVICE_UNAVAILABLE:
            continue  # others ask for the same; a page asks again by itself
        if status != http.HTTPStatus.OK:
            load.fault(f"the page answered {status}: {told}")
            return
        if told["n"] >= told["futures"]:
            if answers.setdefault(str(number), told) != told:
                load.fault(f"the page gave other numbers for the settings {number} than before")
            load.done["whole pictures"] += 1
            return
    load.fault(f"no whole picture within {PATIENCE} s")


def looks(load: Load, line: http.client.HTTPConnection, number: int, answers: dict[str, Any]) -> None:
    line.request("GET", "/")
    answer = line.getresponse()
    if answer.status != http.HTTPStatus.OK or b"</html>" not in answer.read():
        load.fault(f"the page itself came with {answer.status}")


def sends_nonsense(load: Load, line: http.client.HTTPConnection, number: int, answers: dict[str, Any]) -> None:
    asked = settings(number) | {"seed": -1}
    status, _ = ask(line, [b"{", b"[" * 9_000, json.dumps(asked).encode(), b"\xff" * 50][number % 4])
    if status not in (400, 422):
        load.fault(f"nonsense was answered with {status}")


def leaves(load: Load, line: http.client.HTTPConnection, number: int, answers: dict[str, Any]) -> None:
    line.putrequest("POST", "/picture")
    line.putheader("Content-Type", "application/json")
    line.putheader("Content-Length", "4000")
    line.endheaders(b"{")


VISITS: dict[str, Callable[..., None]] = {
    "whole": asks_for_whole,
    "look": looks,
    "nonsense": sends_nonsense,
    "leaves": leaves,
}


def session(load: Load) -> None:
    """A process like a notebook's, which works on and on."""
    log = load.folder / "session.log"
    with log.open("ab") as told:
        process = subprocess.Popen(
            [sys.executable, "-c", SESSION], stdout=subprocess.DEVNULL, stderr=told, env=load.environment(),
            cwd=load.folder, start_new_session=True,
        )  # fmt: skip
    while load.goes_on() and process.poll() is None and turns_in(log) < WARM_TURNS:
        time.sleep(0.5)
    load.warm[SESSION_NAME] = time.monotonic() - load.began
    watch(load, SESSION_NAME, process.pid)
    if process.poll() is not None:
        load.fault(f"the session ended by itself: {log.read_text(errors='replace')[-900:]}")
    else:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
    load.done["turns of the session"] = turns_in(log)


def turns_in(log: Path) -> int:
    return log.read_text(errors="replace").count("turn ")


def watch(load: Load, name: str, number: int) -> None:
    """Sample a process until the end."""
    kept = load.samples.setdefault(name, [])
    pause = min(5.0, max(0.5, (load.end - time.monotonic()) / 400))
    while load.goes_on():
        try:
            process = psutil.Process(number)
            memory = getattr(process.memory_full_info(), "uss", 0) / 1e6
            kept.append(Sample(time.monotonic() - load.began, memory, process.num_fds(), process.num_threads()))
        except psutil.Error:
            return
        time.sleep(pause)


# ---- what it says ----


class Trend(NamedTuple):
    """Memory of a process after it was warm: its mean in MB, growth in MB per hour with a 95 % interval, and over all of it."""

    mean: float
    slope: float
    low: float
    high: float
    grown: float
    files: tuple[int, int]
    threads: tuple[int, int]

    @property
    def is_flat(self) -> bool:
        """Whether growth can be nought, or is so small that nobody would notice."""
        return bool(self.low <= 0.0 or self.grown <= MOST_GROWTH)


def trend_of(samples: list[Sample]) -> Trend:
    """The straight line through block means of the memory."""
    from scipy.stats import linregress, t

    blocks = np.array_split(np.array([(one.at / 3600, one.memory) for one in samples]), BLOCKS)
    hours, memory = np.array([block.mean(axis=0) for block in blocks if len(block)]).T
    line = linregress(hours, memory)
    half = float(t.ppf(0.975, len(hours) - 2)) * float(line.stderr)
    files, threads = ([getattr(one, name) for one in samples] for name in ("files", "threads"))
    return Trend(
        *map(float, (memory.mean(), line.slope, line.slope - half, line.slope + half, line.slope * (hours[-1] - hours[0]))),
        (min(files), max(files)), (min(threads), max(threads)),
    )  # fmt: skip


def left_behind(load: Load, shared_before: set[str]) -> dict[str, Any]:
    """Processes, temporary files and shared memory that nobody cleaned up."""
    alive = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(MARK) == str(load.folder):
                alive.append(" ".join(process.cmdline())[:80])
    if alive:
        load.fault(f"{len(alive)} processes are left: {alive[:3]}")
    temporary = list((load.folder / "temporary").rglob("*"))
    return {
        "processes left": len(alive),
        "temporary files left": sum(each.is_file() for each in temporary),
        "empty temporary folders left": sum(each.is_dir() for each in temporary),
        "shared memory left": len(shared() - shared_before),
    }


def shared() -> set[str]:
    return set(os.listdir("/dev/shm")) if os.path.isdir("/dev/shm") else set()  # noqa: PTH208, PTH112


def endured(minutes: float, seed: int, folder: Path) -> dict[str, Any]:
    """All parts at once; what was done, how memory went, what is left, and every fault."""
    before = shared()
    load = Load(minutes, seed, folder)
    parts = [threading.Thread(target=guarded, args=(part, load)) for part in (page, session, sweeps, banks, scenarios)]
    for part in parts:
        part.start()
    for part in parts:
        part.join()
    trends = {name: trend_of(kept) for name, kept in load.samples.items() if len(kept) > 2 * BLOCKS}
    unseen = sorted({PAGE, SESSION_NAME} - set(trends))  # on a busy machine two minutes may pass before all is warm
    for name in unseen if minutes >= LONG_ENOUGH else ():
        load.fault(f"the {name} was not looked at for long enough to judge its memory")
    for name, trend in trends.items():
        if not trend.is_flat:
            load.fault(
                f"memory of the {name} grows by {trend.slope:.1f} MB an hour ({trend.low:.1f} to {trend.high:.1f})"
            )
    left = left_behind(load, before)
    sizes = {"smallest": min(load.sizes, default=0), "largest": max(load.sizes, default=0)}
    return {
        "minutes": round((time.monotonic() - load.began) / 60, 1),
        "seed": seed,
        "done": dict(sorted(load.done.items())),
        "memory": {
            name: {"warm after": load.warm[name], **trend._asdict(), "flat": trend.is_flat}
            for name, trend in trends.items()
        },
        "bytes of a finished sweep": sizes,
        "memory not judged": unseen,
        "left": left,
        "faults": load.faults,
    }


def guarded(part: Callable[[Load], None], load: Load) -> None:
    """A part that breaks is a fault and ends nothing else."""
    try:
        part(load)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told and counted
        load.fault(f"{part.__name__}: {type(error).__name__}: {error}")


def main() -> int:
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # else what is started from a shell's background ignores Ctrl-C
    parser = argparse.ArgumentParser(description="A mixed load with kills; see the head of this file.")
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="endurance-") as folder:
        told = endured(asked.minutes, asked.seed, Path(folder))
    text = json.dumps(told, indent=2)
    sys.stdout.write(f"{text}\n")
    if asked.json:
        asked.json.write_text(f"{text}\n", encoding="utf-8")
    return 1 if told["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
