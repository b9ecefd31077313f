"""What is attacked: every kind of file, word or request that comes from outside, with a good one to begin from.

A surface makes hostile input number n of a seed (files in a folder, or words), reads it as the product does, and says what
must hold where it was accepted.
"""

import contextlib
import io
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from mutations import (
    CANARY,
    CSV_WAYS,
    JSON_WAYS,
    KEYS,
    NUMBERS,
    PROGRAMS,
    WORDS,
    YAML_WAYS,
    Luck,
    by_bytes,
    changed,
    chosen,
    grown_often,
)

import coprod_abm as ca
from coprod_abm.case import Case, Level, Site, load_case

Files = dict[str, bytes]


@dataclass(frozen=True)
class Surface:
    """Something that comes from outside.

    Attributes:
        make: hostile files by name, from luck; words and requests are files that are read as such.
        read: reads them in a folder as the product does, and fails where what was accepted is not sound.
        names: whether a refusal must name one of the files or hold a key with its value.
    """

    make: Callable[[Luck], Files]
    read: Callable[[Path], None]
    names: bool = True


class Unsound(AssertionError):  # noqa: N818 - what a reader let pass
    """Something hostile was accepted and gave wrong numbers, or reached further than it may."""


# ---- good files ----


def shipped(folder: str, name: str) -> bytes:
    from importlib import resources

    return (Path(str(resources.files("coprod_abm"))) / folder / name).read_bytes()


def configs(name: str) -> bytes:
    from importlib import resources

    return (Path(str(resources.files("coprod_abm.configs"))) / name).read_bytes()


def case_files() -> Files:
    """A small case and its published measures."""
    case = load_case("EN-LPFT")
    text = Path(case.path).read_text(encoding="utf-8")
    measures = next(line.split(":")[1].strip() for line in text.splitlines() if "file:" in line)
    table = (Path(case.path).parent / measures).read_bytes()
    return {"case.yaml": text.replace(measures, "measures.csv").encode(), "measures.csv": table}


def small_case() -> Case:
    site = Site("one", Level.local, "R", 24, 6, 3, 4, 3, 1)
    return Case("SMALL", "Small case", "AA", Level.local, 2000, sites=(site,))


def changing(good: Files, ways: Mapping[str, Sequence[Callable[[Luck, bytes], bytes]]]) -> Callable[[Luck], Files]:
    """Good files of which one is changed."""

    def make(luck: Luck) -> Files:
        name = chosen(luck, list(ways))
        return good | {name: changed(luck, good[name], ways[name])}

    return make


# ---- files that people write ----


def read_case(place: Path) -> None:
    """A case that is accepted must run."""
    case = load_case(place / "case.yaml")
    if not case.id.replace("-", "").replace("_", "").isalnum():
        raise Unsound(f"the id {case.id!r} can name another folder")
    if case.people <= 3_000:
        runs = ca.simulate(ca.Parameters(), case, replicates=1, weeks=2, every=1, threads=1)
        if not np.isfinite(runs["need_met"].to_numpy()[..., 0]).all():
            raise Unsound("an accepted case begins without a value")


def read_scenario(place: Path) -> None:
    from coprod_abm.experiments.scenario import case_of, check_scenario, load_scenario

    scenario = load_scenario(place / "scenario.yaml")
    check_scenario(scenario, case_of(scenario)[:1])


def read_design(place: Path) -> None:
    from coprod_abm.experiments.design_file import read_points
    from coprod_abm.job import job_of

    points = read_points(str(place / "points.csv"))
    job_of(points, small_case(), ["need_met"], replicates=1, weeks=2)


def read_draws(place: Path) -> None:
    from coprod_abm.experiments.workshop.drawn import drawn_of

    for name in ("draws.csv", "draws.parquet"):
        if (place / name).exists():
            found = drawn_of(place / name)
            if not all(np.isfinite(column).all() for column in found.columns.values()):
                raise Unsound("a draw is no number")


def read_presets(place: Path) -> None:
    from coprod_abm.experiments.own_presets import presets_in

    (place / "mine" / "power").mkdir(parents=True, exist_ok=True)
    (place / "mine" / "power" / "open.yaml").write_bytes((place / "open.yaml").read_bytes())
    for preset in presets_in(str(place / "mine")):
        ca.Parameters().replace(dict(preset.changes))


def read_priors(place: Path) -> None:
    from coprod_abm.calibration.priors import drawn, owner_of, read_priors

    case = load_case("EN-LPFT")
    for one in read_priors(place / "priors.yaml").for_cases([case], ["all"]):
        if not np.isfinite(drawn(one, 3, 1, owner_of(one, case))).all():
            raise Unsound(f"{one.name} is drawn as no number")


def read_targets(place: Path) -> None:
    from coprod_abm.calibration.targets import read_target_rules, targets_of

    found = targets_of([load_case("EN-LPFT")], read_target_rules(place / "targets.yaml"))
    if not (found["spread"] > 0).all():
        raise Unsound("a target has no error")


def read_wish(place: Path) -> None:
    from coprod_abm.experiments.discovery_wish import KNOWN, read_wish

    wish = read_wish((place / "wish.txt").read_bytes().decode("utf-8", "replace"), KNOWN)
    wish.holds(pd.DataFrame({name: [0.1, 0.9, np.nan] for name in wish.measures}))


def read_catalogue(place: Path) -> None:
    """A catalogue of words, as whoever translates the project writes one."""
    from coprod_abm.case_document import read_document

    read_document(place / "words.yaml")


DRAWS = pd.DataFrame(
    {
        "power.uptake_rate": [0.1, 0.3, 0.2],
        "leadership.facilitation": [0.1, 0.9, 0.4],
        "representation.representation_rule": ["sortition", "stratified", "delegate"],
        "weight": [1, 1, 1],
    }
)
POINTS = b"power.agenda_access,leadership.facilitation,power,theory\n0.1,0.2,majority,all\n0.4,0.9,consensus,relational\n0.5,1,default,all\n"
PRESET = b"# Everybody may speak.\nagenda_access: 0.9\ndecision_rule: consensus\ninvisible: 0.1\n"
WISHES = (
    "influence_share - seat_share >= 0 and staff_burnout < 0.3",
    "need_met@52 > 0.5 or (tokenism < 0.2 and -need_met * 2 <= 1)",
)


def make_wish(luck: Luck) -> Files:
    tokens = str(chosen(luck, WISHES)).split()
    for _ in range(int(luck.integers(1, 4))):
        odd = chosen(
            luck,
            [
                *WORDS,
                *map(str, NUMBERS),
                "(",
                ")",
                "(" * 3_000,
                "-" * 3_000,
                "and",
                ">=",
                "need_met@9999999999",
                "*",
                "1e5",
            ],
        )
        place = int(luck.integers(len(tokens) + 1))
        tokens[place : place + int(luck.integers(2))] = [str(odd)]
    return {"wish.txt": " ".join(tokens).encode("utf-8", "surrogatepass")}


def make_draws(luck: Luck) -> Files:
    """Draws as CSV or as Parquet."""
    if luck.random() < 0.6:
        return {"draws.csv": changed(luck, DRAWS.to_csv(index=False).encode(), CSV_WAYS)}
    return {"draws.parquet": odd_parquet(luck, pa.Table.from_pandas(DRAWS))}


def odd_parquet(luck: Luck, table: pa.Table) -> bytes:
    """A table written with a column retyped, renamed, doubled or missing, without rows, or with its bytes changed."""
    place = int(luck.integers(table.num_columns))
    name, kind = table.column_names[place], table.schema.field(place).type
    strange = [pa.nulls(len(table)), pa.array([chosen(luck, WORDS)] * len(table)), pa.array([[1]] * len(table)), pa.array([{"a": 1}] * len(table)),
               pa.array([b"\xff\x00"] * len(table)), pa.array([True] * len(table)), pa.array([float(chosen(luck, [np.nan, np.inf, -1e300, 7.0]))] * len(table)),
               pa.array([2**62] * len(table)), pa.array([None, *([1.5] * (len(table) - 1))], pa.float64())]  # fmt: skip
    ways: list[Callable[[], pa.Table]] = [
        lambda: table.set_column(place, name, chosen(luck, strange)),
        lambda: table.set_column(place, name, chosen(luck, strange)),
        lambda: table.remove_column(place),
        lambda: table.append_column(chosen(luck, [name, *KEYS]), table.column(place)),
        lambda: table.rename_columns(
            [chosen(luck, [*KEYS, "power.uptake_rat"]) if n == name else n for n in table.column_names]
        ),
        lambda: table.slice(0, int(luck.integers(len(table) + 1))),
        lambda: pa.concat_tables([table, table]),
        lambda: table.replace_schema_metadata(
            {b"pandas": luck.bytes(20), b"key": b"x", b"coprod_run": chosen(luck, [b"{}", b"[", b"null", b"9" * 99])}
        ),
        table.replace_schema_metadata,
        lambda: table.set_column(
            place, name, table.column(place).cast(kind).take(pa.array(luck.permutation(len(table))))
        ),
        lambda: table,
    ]
    sink = io.BytesIO()
    pq.write_table(chosen(luck, ways)(), sink)
    return by_bytes(luck, sink.getvalue()) if luck.random() < 0.4 else sink.getvalue()


# ---- what results are kept in ----


def folder_files(folder: Path) -> Files:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()
    }


class Stored:
    """A small finished sweep whose true rows are known, and what becomes of it in hostile hands."""

    def __init__(self, folder: Path) -> None:
        from coprod_abm.experiments.executor_local import run_chunks
        from coprod_abm.job import job_of
        from coprod_abm.store import open_store, results

        points = pd.DataFrame({"trust.gain": np.linspace(0.01, 0.1, 8), "power": ["consensus", "majority"] * 4})
        self.job = job_of(points, small_case(), ["need_met", "tokenism"], replicates=1, seed=5, weeks=4)
        store = open_store(folder, self.job, pairs_per_chunk=2, every=2)
        run_chunks(self.job, store.missing(), store, threads=1)
        store.finish()
        self.files, self.rows = folder_files(folder), results(folder)

    def make(self, luck: Luck) -> Files:
        """One file changed, missing, swapped with another, turned into a folder or a link, or a strange one beside them."""
        files = dict(self.files)
        name, other = chosen(luck, list(files)), chosen(luck, list(files))
        way = luck.random()
        if way < 0.45:
            files[name] = (
                changed(luck, files[name], JSON_WAYS) if name.endswith(".json") else by_bytes(luck, files[name])
            )
        elif way < 0.6:
            tables = [each for each in files if each.endswith(".parquet")]
            name = chosen(luck, tables)
            files[name] = odd_parquet(luck, pq.read_table(io.BytesIO(files[name])))
        elif way < 0.7:
            del files[name]
        elif way < 0.85:
            files[name], files[other] = files[other], files[name]
        elif way < 0.95:
            del files[name]
            files[f"{name}@{chosen(luck, ['link', 'loop', 'folder', 'away'])}"] = b""
        else:
            files[
                str(
                    chosen(
                        luck, ["parts/x.parquet", "parts/.x.parquet.host-1_0.tmp", "strange.txt", "trajectories/x.nc"]
                    )
                )
            ] = by_bytes(luck, files[name])
        return files

    def read(self, place: Path) -> None:
        """Rows are true or refused; going on makes them true again."""
        from coprod_abm.experiments.executor_local import run_chunks
        from coprod_abm.store import StoreError, open_store, results
        from coprod_abm.store_trajectories import trajectories

        refusals: list[Exception] = []
        for read in (
            lambda: self.check(results(place)),
            lambda: results(place, partial=True),
            lambda: trajectories(place).load(),
        ):
            try:
                read()
            except StoreError as error:
                refusals.append(error)
        try:
            store = open_store(place, self.job, every=2)
            run_chunks(self.job, store.missing(), store, threads=1)
            store.finish()
            self.check(results(place))
        except StoreError as error:
            refusals.append(error)
        if refusals:
            raise refusals[-1]

    def check(self, rows: pd.DataFrame) -> None:
        if not rows.equals(self.rows):
            raise Unsound("a damaged store gave other rows and said nothing")


class Recorded:
    """Interaction records in a folder."""

    def __init__(self, folder: Path) -> None:
        ca.write_records(ca.records(ca.Parameters(), small_case(), seed=1, weeks=10), folder)
        self.files = folder_files(folder)

    def make(self, luck: Luck) -> Files:
        name = chosen(luck, list(self.files))
        content = self.files[name]
        if luck.random() < 0.5:
            return self.files | {name: by_bytes(luck, content)}
        return self.files | {name: odd_parquet(luck, pq.read_table(io.BytesIO(content)))}

    def read(self, place: Path) -> None:
        ca.read_records(place)


class Banked:
    """A small bank of prior draws."""

    def __init__(self, folder: Path) -> None:
        from coprod_abm.calibration.bank_store import BankPlan, fill_bank
        from coprod_abm.calibration.priors import read_priors
        from coprod_abm.calibration.targets import read_target_rules, targets_of

        case = load_case("EN-LPFT")
        targets = targets_of([case], read_target_rules())
        priors = read_priors().for_cases([case], ["all"])
        self.plan = BankPlan((case,), priors, ("all",), targets, 4, 1, {"priors": "default", "targets": "default"})
        fill_bank(folder, self.plan, threads=1)
        self.files = folder_files(folder)

    def make(self, luck: Luck) -> Files:
        name = chosen(luck, ["bank.json", "bank.json", "bank.json", "targets.csv", *self.files])
        kinds = JSON_WAYS if name.endswith(".json") else CSV_WAYS if name.endswith(".csv") else (by_bytes,)
        return self.files | {name: changed(luck, self.files[name], kinds)}

    def read(self, place: Path) -> None:
        from coprod_abm.calibration.bank_store import check_same, read_bank, read_observed

        check_same(place, self.plan.facts)
        read_bank(place)
        read_observed(place)


class Emulated:
    """The file of a trained emulator."""

    def __init__(self, folder: Path) -> None:
        rng = np.random.default_rng(1)
        with (folder / "emulator.npz").open("wb") as sink:
            np.savez(
                sink,
                stamp=np.array("x"),
                **{name: rng.normal(size=(3, 2)) for name in ("low", "high", "weights_0_0", "biases_0_0")},
            )
        self.files = folder_files(folder)

    def make(self, luck: Luck) -> Files:
        content = self.files["emulator.npz"]
        if luck.random() < 0.3:
            sink = io.BytesIO()
            np.savez(sink, stamp=np.array([Evil()], dtype=object), low=np.zeros(2))
            content = sink.getvalue()
        return {"emulator.npz": by_bytes(luck, content)}

    def read(self, place: Path) -> None:
        from types import SimpleNamespace

        from coprod_abm.calibration.emulator_store import load

        bank: Any = SimpleNamespace(case="x", parameters=(), slots=())
        load(place / "emulator.npz", bank, (), "x")


class Evil:
    """Unpickled, it would leave the canary."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, (f"touch {CANARY}",))


class Told:
    """The folder of `coprod scenarios`, from which reports and slides are made."""

    def __init__(self, folder: Path) -> None:
        from coprod_abm.experiments.cli import main

        words = [
            "scenario=sponsor_loss",
            "case=EN-LPFT",
            "replicates=2",
            "figures=false",
            "threads=1",
            f"out={folder / 'made'}",
        ]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            if main(["scenarios", *words]):
                raise RuntimeError("the scenario to begin from could not be made")
        self.files = folder_files(folder / "made" / "sponsor_loss")

    def make(self, luck: Luck) -> Files:
        name = chosen(luck, [each for each in self.files if each != "arms.json"])
        content = self.files[name]
        if name.endswith(".parquet"):
            table = pq.read_table(io.BytesIO(content)).slice(0, 2_000)
            return self.files | {name: odd_parquet(luck, table) if luck.random() < 0.6 else by_bytes(luck, content)}
        ways = {"json": JSON_WAYS, "yaml": YAML_WAYS, "csv": CSV_WAYS}[name.rpartition(".")[2]]
        return self.files | {name: changed(luck, content, ways)}

    def read(self, place: Path) -> None:
        from coprod_abm.experiments.pack.evidence_runs import evidence_in
        from coprod_abm.experiments.pack.folders import given_folder, reading, scenarios_in
        from coprod_abm.experiments.pack.map_rows import map_of
        from coprod_abm.experiments.pack.story import story_of
        from coprod_abm.experiments.pack.words import PackWords

        folder = given_folder(str(place))
        for _, found in scenarios_in(folder, str(place)):
            with reading(folder):
                story_of(found, PackWords("en"))
        evidence_in(folder, str(place))
        map_of(folder, str(place))


# ---- words of the command line ----

LINES: tuple[tuple[str, ...], ...] = (
    ("run", "case=EN-LPFT", "replicates=2", "weeks=4", "seed=1", "every=2", "power=consensus", "leadership.facilitation=0.8", "threads=1", "theory=all", "measures=[need_met]"),
    ("run", "-m", "case=EN-LPFT", "power=majority,consensus", "seed=1,2"),
    ("sweep", "case=EN-LPFT", "power.agenda_access=0.1,0.5", "power=majority,consensus", "design=grid", "replicates=2", "weeks=4", "shard=1/2", "out=x"),
    ("sweep", "power.agenda_access=interval(0,1)", "design=sobol", "design.n=8", "design.seed=3", "rows=points", "measures=need_met,tokenism"),
    ("sweep", "power=glob(arnstein/*)", "trust.gain=range(0.01,0.1,0.01)", "design=grid"),
    ("calibrate", "case=EN-LPFT", "draws=100", "theories=all", "priors=default", "stages=bank", "hold_out.waves=last", "seed=2"),
    ("scenarios", "scenario=sponsor_loss", "case=EN-LPFT", "replicates=2", "every=13", "language=en", "formats=png", "power.agenda_access=0.3"),
    ("sensitivity", "free=power,trust", "case=EN-LPFT", "method=sobol", "n=8", "replicates=1", "weeks=4"),
    ("workshop", "port=0", "language=en", "case=EN-LPFT", "browser=no", "host=127.0.0.1"),
)  # fmt: skip


def make_line(luck: Luck) -> Files:
    """A command line with words changed, doubled, missing or strange."""
    words = list(chosen(luck, LINES))
    for _ in range(int(chosen(luck, [1, 1, 2, 3]))):
        place = int(luck.integers(1, len(words) + 1))
        key, _, value = words[place - 1].partition("=")
        odd = str(chosen(luck, [*WORDS, *map(str, NUMBERS), *PROGRAMS, "[a,b]", "{a: b}", "range(0,1,0)", "range(0,1,1e-12)", "interval(1,0)", "glob(*)",
                                "choice(1,2)", "sort(3,2,1)", "a,b,c", "1e18", "${hydra:run.dir}", "${oc.decode:1}", "${oc.select:x}"]))  # fmt: skip
        ways: list[Callable[[], Sequence[str]]] = [
            lambda key=key, odd=odd: [f"{key}={odd}"],
            lambda key=key, odd=odd: [f"{key}={odd}"],
            lambda key=key, odd=odd: [f"{key}={odd}"],
            lambda value=value, odd=odd: [f"{odd}={value}"],
            lambda key=key, value=value: [f"{chosen(luck, ['+', '++', '~', '@'])}{key}={value}"],
            lambda key=key, value=value: [f"{key}@{chosen(luck, KEYS)}={value}"],
            lambda key=key, value=value: [f"{key}={value}", f"{key}={value}"],
            list,
            lambda odd=odd: [odd],
            lambda odd=odd: [
                f"{chosen(luck, ['--config-dir', '--config-path', '--config-name', '--experimental-rerun', '--cfg', '--shard', '-p'])}",
                odd,
            ],
            lambda odd=odd: [
                f"{chosen(luck, ['hydra.callbacks.x._target_', 'hydra.run.dir', 'hydra/launcher', 'hydra.searchpath', '+experiment'])}={odd}"
            ],
        ]
        words[place - 1 : place] = [word for word in chosen(luck, ways)() if not word.startswith("out=/")]
    return {"words.json": json.dumps(words).encode()}


def read_line(place: Path) -> None:
    """What every command checks of its words before Hydra composes or anything runs."""
    from coprod_abm.experiments import calibrate, calibrate_settings, run, sweep, sweep_words
    from coprod_abm.experiments.run_place import placed
    from coprod_abm.experiments.scenario_words import order_of
    from coprod_abm.experiments.sensitivity_line import readable, typed_of
    from coprod_abm.experiments.workshop.command import keys_of
    from coprod_abm.experiments.workshop.command import told as workshop_told

    words = [
        word.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        for word in json.loads((place / "words.json").read_bytes())
    ]
    if not words:
        return
    command, rest = words[0], words[1:]
    if command == "run":
        options, typed = run.parted(rest)
        run.check_words(options, [placed(word) for word in typed])
    elif command == "sweep":
        options, typed = sweep.parted(sweep_words.readable(rest))
        sweep_words.check_words(typed)
    elif command == "calibrate":
        options, typed = calibrate.options_and_words(rest)
        calibrate_settings.check_words(calibrate_settings.readable(typed, False))
    elif command == "scenarios":
        order_of(rest)
    elif command == "sensitivity":
        typed_of(readable(rest))
    elif command == "workshop":
        workshop_told(keys_of(rest, ("port", "language", "case", "browser", "host", "scenario", "draws")))


def read_whole_line(place: Path) -> None:
    """The same words through the whole command as far as it goes without simulating."""
    from coprod_abm.experiments.cli import main

    words = json.loads((place / "words.json").read_bytes())
    if not words or words[0] not in ("run", "sweep", "calibrate") or "--help" in words:
        return
    only = ["--cfg", "job"] if words[0] == "run" else ["--dry-run"]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([words[0], *only, *words[1:]])
    if code not in (0, 2) or "Traceback" in err.getvalue() or (code == 2 and not err.getvalue().strip()):
        raise Unsound(f"exit status {code}: {err.getvalue()[-600:]}")


# ---- the page ----


class Paged:
    """The server of the workshop page, asked by raw requests over one connection each."""

    BODY: Mapping[str, Any] = {
        "case": "EN-LPFT", "seed": 3, "outcome": "citizen_trust", "first": True,
        "a": {"presets": {"power": "arnstein/consultation"}, "values": {}, "events": []},
        "b": {
            "presets": {"power": "arnstein/partnership", "trust": "fragile"},
            "values": {"leadership.facilitation": 0.8, "power.decision_rule": "majority"},
            "events": [{"week": 53, "kind": "sponsor_leaves"}, {"week": 9, "kind": "add", "parameter": "capacity.workload", "value": 0.1}],
        },
    }  # fmt: skip
    HEAD = ("Host: 127.0.0.1", "Content-Type: application/json", "Origin: http://127.0.0.1", "Accept: */*")
    KNOWN = (200, 400, 403, 404, 405, 408, 411, 413, 414, 415, 422, 431, 501, 503, 505)

    def __init__(self, folder: Path) -> None:
        from coprod_abm.experiments.workshop.command import boot_of, shipped_cases
        from coprod_abm.experiments.workshop.live import Live
        from coprod_abm.experiments.workshop.questions import start_of
        from coprod_abm.experiments.workshop.server import Server

        known = shipped_cases()
        self.live = Live(2, threads=1)
        boot = boot_of(known, start_of(None, "EN-LPFT", known, "EN-LPFT"), "en")
        self.server = Server("127.0.0.1", 0, known, boot, self.live)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def make(self, luck: Luck) -> Files:
        body = json.dumps(grown_often(luck, self.BODY)).encode()
        if luck.random() < 0.2:
            body = by_bytes(luck, body)
        head = list(self.HEAD)
        length, line = str(len(body)), "POST /picture HTTP/1.1"
        if luck.random() < 0.35:
            length = str(
                chosen(luck, [*WORDS[:20], *NUMBERS, length + ", " + length, "-0", "0x10", "99999999999999999999"])
            )
        if luck.random() < 0.25:
            head[int(luck.integers(len(head)))] = (
                f"{chosen(luck, ['Host', 'Origin', 'Content-Type', 'Transfer-Encoding', 'Expect', 'X' * 300, ''])}: {chosen(luck, WORDS)[:70_000]}"
            )
        if luck.random() < 0.25:
            line = f"{chosen(luck, ['GET', 'POST', 'PUT', 'HEAD', 'TRACE', 'get', '', 'PRI *'])} {chosen(luck, ['/', '/picture', '/picture?x', '/../../etc/passwd', '/%2e%2e/', '//', '*', 'http://evil/', '/main.js', '/' + 'x' * 70_000, *WORDS[:12]])} {chosen(luck, ['HTTP/1.1', 'HTTP/1.0', 'HTTP/9.9', 'HTTP/', '', 'HTTP/1.1\\r\\nX: y'])}"
        text = "\r\n".join([line, *head, f"Content-Length: {length}", "", ""])
        return {"request": text.encode("utf-8", "surrogatepass") + body}

    def read(self, place: Path) -> None:
        """Every answer is one of the known ones, and the next visitor is served."""
        told = self.talk((place / "request").read_bytes())
        status = told.split(b" ", 2)[1:2]
        if told.startswith(b"HTTP/") and (not status[0].isdigit() or int(status[0]) not in self.KNOWN):
            raise Unsound(f"the page answered {told[:60]!r} {told[-300:]!r}")
        if b"Traceback" in told:
            raise Unsound("the page showed a traceback")

    def talk(self, text: bytes) -> bytes:
        with socket.create_connection(self.server.server_address[:2], timeout=30) as line:
            with contextlib.suppress(ConnectionError):
                line.sendall(text)
                line.shutdown(socket.SHUT_WR)
            found = b""
            with contextlib.suppress(ConnectionError):
                while part := line.recv(65_536):
                    found += part
            return found


# ---- all ----


def surfaces(folder: Path, wanted: Sequence[str]) -> Iterator[tuple[str, Surface]]:
    """The wanted surfaces by name; what they begin from is made in the folder."""
    cases = case_files()
    ca.simulate(
        ca.Parameters(), small_case(), replicates=1, weeks=2, every=1, threads=1
    )  # compiles, or reads what is compiled
    makers: dict[str, Callable[[Path], Surface]] = {
        "case": lambda _: Surface(changing(cases, {"case.yaml": YAML_WAYS}), read_case),
        "measures": lambda _: Surface(changing(cases, {"measures.csv": CSV_WAYS}), read_case),
        "scenario": lambda _: Surface(
            changing({"scenario.yaml": configs("scenario/sponsor_loss.yaml")}, {"scenario.yaml": YAML_WAYS}),
            read_scenario,
        ),
        "design": lambda _: Surface(
            changing({"points.csv": POINTS}, {"points.csv": CSV_WAYS}), read_design, names=False
        ),
        "draws": lambda _: Surface(make_draws, read_draws),
        "preset": lambda _: Surface(changing({"open.yaml": PRESET}, {"open.yaml": YAML_WAYS}), read_presets),
        "priors": lambda _: Surface(
            changing({"priors.yaml": configs("priors/default.yaml")}, {"priors.yaml": YAML_WAYS}),
            read_priors,
            names=False,
        ),
        "targets": lambda _: Surface(
            changing({"targets.yaml": configs("targets/default.yaml")}, {"targets.yaml": YAML_WAYS}),
            read_targets,
            names=False,
        ),
        "catalogue": lambda _: Surface(
            changing({"words.yaml": configs("language/sv.yaml")}, {"words.yaml": YAML_WAYS}), read_catalogue
        ),
        "wish": lambda _: Surface(make_wish, read_wish, names=False),
        "words": lambda _: Surface(make_line, read_line, names=False),
        "command": lambda _: Surface(make_line, read_whole_line, names=False),
        "store": lambda place: of(Stored(place)),
        "records": lambda place: of(Recorded(place)),
        "bank": lambda place: of(Banked(place)),
        "emulator": lambda place: of(Emulated(place)),
        "told": lambda place: of(Told(place)),
        "page": lambda place: of(Paged(place)),
    }
    for name in wanted or makers:
        if name not in makers:
            raise SystemExit(f"There is no surface {name!r}. There are: {', '.join(makers)}.")
        place = folder / "good" / name
        place.mkdir(parents=True)
        yield name, makers[name](place / "made" if name == "records" else place)


def of(thing: Any) -> Surface:
    return Surface(thing.make, thing.read, names=False)
