"""A bank on disk: for each case one store of the sweeps, beside what was drawn (``bank.json``) and compared (``targets.csv``).

Filling goes on where it was after a kill, and a bank of more draws keeps the old ones: draws are named by seed, parameter and
owner, and runs by seed, case and number, so that the first thousand are the same whatever comes after them.
"""

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.calibration.bank import Array, Bank, BankError, CaseBank, Estimated, Observed, Slot
from coprod_abm.calibration.priors import drawn, hash_of, owner_of
from coprod_abm.calibration.targets import COLUMNS, FITTED, HELD_OUT, LEFT_OUT, observed_of, slots_of
from coprod_abm.case import Case
from coprod_abm.compiled import source_fingerprint
from coprod_abm.draws import key_of, replicate_seed
from coprod_abm.instruments import INSTRUMENTS, instrument, logit
from coprod_abm.job import Chunk, Job, job_of
from coprod_abm.outputs import AT
from coprod_abm.points import THEORY
from coprod_abm.provenance import now
from coprod_abm.store import Store, StoreError, open_store, results
from coprod_abm.store_files import whole_file

FORMAT = 1
FACTS, TARGETS, RUNS = "bank.json", "targets.csv", "bank"
IS_ID = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}"
)  # a name from a file becomes a folder's: it must not lead elsewhere
Report = Callable[[int, int], None]
RunChunks = Callable[[Job, Sequence[Chunk], Store, int | None, Report | None], None]


@dataclass(frozen=True)
class BankPlan:
    """What a bank is to hold: everything that decides its numbers.

    Attributes:
        cases: in order.
        priors: what is drawn, as :meth:`coprod_abm.calibration.priors.Priors.for_cases` gives it.
        theories: one after the other along the draws, so that any number of draws holds them about equally.
        targets: as :func:`coprod_abm.calibration.targets.targets_of` gives them.
        draws, seed: how many, and what names every random draw.
        names: of the sets of priors and targets, for people.
    """

    cases: tuple[Case, ...]
    priors: tuple[Estimated, ...]
    theories: tuple[str, ...]
    targets: pd.DataFrame
    draws: int
    seed: int
    names: Mapping[str, str]

    @property
    def runs(self) -> int:
        """Number of runs in all cases."""
        return self.draws * len(self.cases)

    def points(self, case: Case) -> pd.DataFrame:
        """What is drawn for one case: a column for each parameter, and the theory."""
        columns: dict[str, Any] = {
            one.name: drawn(one, self.draws, self.seed, owner_of(one, case)) for one in self.own(case)
        }
        columns[THEORY] = np.resize(np.array(self.theories), self.draws)
        return pd.DataFrame(columns)

    def own(self, case: Case) -> list[Estimated]:
        """The parameters of one case, in the order of the priors: instruments it does not use are left out."""
        measures = set(case.measures["measure"])
        return [one for one in self.priors if not is_other_instrument(one.name, measures)]

    def job(self, case: Case) -> Job:
        """The runs of one case: every draw once, with a seed of its own, up to the last wave."""
        wanted = [f"{slot.measure}{AT}{slot.week}" for slot in slots_of(self.targets, case.id)]
        seed = replicate_seed(self.seed, key_of("bank", case.id))
        return job_of(self.points(case), case, wanted, replicates=1, seed=seed, rows="replicates")

    @property
    def facts(self) -> dict[str, Any]:
        """What ``bank.json`` says: provenance, and all that reading needs beside the runs."""
        compared = self.targets[["case", "measure", "wave", "week", "value", "spread"]]
        return {
            "format": FORMAT,
            "model": source_fingerprint(),
            "seed": self.seed,
            "draws": self.draws,
            "cases": [case.id for case in self.cases],
            "countries": {case.id: case.country for case in self.cases},
            "theories": list(self.theories),
            "names": dict(self.names),
            "hashes": {"priors": hash_of(self.priors), "targets": hash_of(compared.to_dict("records"))},
            "priors": [asdict(one) for one in self.priors],
        }


def is_other_instrument(name: str, measures: set[str]) -> bool:
    """Whether a parameter belongs to an instrument that is not among these measures."""
    return name.startswith("instrument.") and name.split(".")[1] not in measures


# ---- filling ----


def fill_bank(
    folder: str | os.PathLike[str],
    plan: BankPlan,
    threads: int | None = None,
    progress: Callable[[int, str], Report] | None = None,
    run_chunks: RunChunks | None = None,
    anew: bool = False,
    command: Sequence[str] = (),
) -> Bank:
    """The bank of a plan: what is missing in the folder is simulated, all else is read.

    ``progress`` makes a listener from the runs before and the name of a case; ``run_chunks`` puts chunks into a store as the
    executors of a sweep do, one after the other here unless given.

    Raises:
        BankError: when the folder holds a bank of other priors, cases, theories, seed or model version, unless ``anew``.
        StoreError: when the folder cannot be written; what was simulated stays.
    """
    place = Path(folder)
    if not anew:
        check_same(place, plan.facts)
    place.mkdir(parents=True, exist_ok=True)
    work, before = run_chunks or one_by_one, 0
    for case in plan.cases:
        store = open_store(place / RUNS / case.id, plan.job(case), command=command, anew=anew)
        missing = store.missing()
        there = plan.draws - sum(chunk.last - chunk.first for chunk in missing)
        told = None if progress is None else progress(before + there, case.id)
        if missing:
            work(store.job, missing, store, threads, told)
        store.finish()
        before += plan.draws
    write_facts(place, plan)
    return read_bank(place)


def one_by_one(_job: Job, chunks: Sequence[Chunk], store: Store, threads: int | None, told: Report | None) -> None:
    """Simulate chunks and put each into the store."""
    done, total = 0, sum(chunk.last - chunk.first for chunk in chunks)
    for chunk in chunks:
        store.fill(chunk, threads)
        done += chunk.last - chunk.first
        if told is not None:
            told(done, total)


def write_facts(place: Path, plan: BankPlan) -> None:
    """Say what the bank holds; written last, so that where it stands all draws are there."""
    whole_file(place / TARGETS, plan.targets.to_csv(index=False).encode())
    text = json.dumps({**plan.facts, "written": now()}, indent=1, ensure_ascii=False, allow_nan=True)
    whole_file(place / FACTS, f"{text}\n".encode())


def check_same(place: Path, wanted: Mapping[str, Any]) -> None:
    """Refuse to go on with a bank of another kind.

    Raises:
        BankError: naming what differs.
    """
    if not (place / FACTS).exists():
        return
    known = read_facts(place)
    way_out = "Name another folder (out=), or begin again with anew=true: the old runs then stay in earlier/."
    check_model(place, known, way_out)
    told = {key: f"{known[key]}, asked for are {wanted[key]}" for key in ("cases", "theories", "seed")}
    told["hashes"] = (
        f"priors {known['names'].get('priors')} as they stood then; they have changed, or other ones are asked for"
    )
    for key, text in told.items():
        own, other = (known[key], wanted[key]) if key != "hashes" else (known[key]["priors"], wanted[key]["priors"])
        if own != other:
            raise BankError(
                f"{place} holds another bank: its {'priors' if key == 'hashes' else key} are {text}. {way_out}"
            )
    if known["draws"] > wanted["draws"]:
        raise BankError(
            f"{place} holds a bank of {known['draws']:,} draws; asked for are {wanted['draws']:,}. Ask for as many or more; "
            f"stages that need fewer take the first ones. {way_out}"
        )


def check_model(place: Path, known: Mapping[str, Any], way_out: str) -> None:
    """Refuse a bank of another version of the model.

    Raises:
        BankError: naming both versions.
    """
    if known["model"] != source_fingerprint():
        raise BankError(
            f"{place} is a bank of another version of the model ({known['model'][:12]}; this one is "
            f"{source_fingerprint()[:12]}): its runs say nothing about this one. {way_out}"
        )


# ---- reading ----


def read_facts(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """What ``bank.json`` of a bank says.

    Raises:
        BankError: when there is no bank, or its description is damaged.
    """
    file = Path(folder) / FACTS
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        if known["format"] != FORMAT:
            raise BankError(
                f"{file} was written in format {known['format']!r:.40}; this version reads {FORMAT}. Make the bank anew."
            )
        check_facts(known)
    except FileNotFoundError:
        raise BankError(
            f"{folder} holds no finished bank ({FACTS} is missing). Make one with `coprod calibrate`."
        ) from None
    except (
        json.JSONDecodeError,
        UnicodeDecodeError,
        KeyError,
        TypeError,
        AttributeError,
        AssertionError,
        RecursionError,
    ):
        raise BankError(f"{file} is damaged. Run the command that made the bank again with the same out=.") from None
    return dict(known)


def check_facts(known: Mapping[str, Any]) -> None:
    """Fail where the description of a bank lacks what is read from it, or names what no case can be called."""
    assert isinstance(known["model"], str)
    assert isinstance(known["draws"], int)
    assert known["draws"] > 0
    assert isinstance(known["seed"], int)
    assert all(isinstance(known[key], dict) for key in ("hashes", "names", "countries"))
    assert {"priors", "targets"} <= set(known["hashes"])
    assert known["cases"]
    assert all(isinstance(each, str) and IS_ID.fullmatch(each) for each in known["cases"])
    assert all(isinstance(each, str) for each in known["theories"])
    assert known["priors"]
    for one in known["priors"]:
        found = Estimated(**one)
        assert all(isinstance(each, str) for each in (found.name, found.level, found.distribution))
        assert all(isinstance(each, int | float) for each in (found.low, found.high, found.mean, found.sd))


def read_bank(folder: str | os.PathLike[str], any_model: bool = False) -> Bank:
    """The bank in a folder, on the scale of comparison.

    Raises:
        BankError: when there is none, it is damaged, or made by another version of the model (unless ``any_model``).
    """
    place, known = Path(folder), read_facts(folder)
    if not any_model:
        check_model(place, known, "Make it anew, or read it all the same with read_bank(folder, any_model=True).")
    targets = read_targets(place)
    cases: dict[str, CaseBank] = {}
    theory: Array | None = None
    for name in known["cases"]:
        try:
            table = results(place / RUNS / name).head(known["draws"])
            cases[name] = case_bank(name, table, targets, [one["name"] for one in known["priors"]])
            theory = table[THEORY].to_numpy(str)
        except StoreError as error:
            raise BankError(f"The bank is damaged: {error}") from None
        except (KeyError, ValueError, TypeError) as error:
            raise BankError(
                f"{place} is damaged: runs, {FACTS} and {TARGETS} do not fit together in {name} ({type(error).__name__}: "
                f"{error}). Run the command that made the bank again with the same out=."
            ) from None
    assert theory is not None
    facts = {key: value for key, value in known.items() if key != "priors"}
    return Bank(tuple(Estimated(**one) for one in known["priors"]), cases, theory, facts)


def case_bank(name: str, table: pd.DataFrame, targets: pd.DataFrame, priors: Sequence[str]) -> CaseBank:
    """The draws of one case from its table."""
    slots = slots_of(targets, name)
    own = tuple(one for one in priors if one in table.columns)
    shown = np.column_stack([on_scale(slot, table) for slot in slots])
    spread = targets.loc[targets["case"] == name, "spread"].to_numpy(float)
    return CaseBank(name, own, table[list(own)].to_numpy(float), slots, shown, spread, table["seed"].to_numpy(np.int64))


def on_scale(slot: Slot, table: pd.DataFrame) -> Array:
    """What the runs show at a slot, on the scale of comparison; NaN where a run shows nothing."""
    reading = table[f"{slot.measure}{AT}{slot.week}"].to_numpy(float)
    return np.asarray(logit(instrument(slot.measure).as_share(reading)))


def read_targets(folder: str | os.PathLike[str]) -> pd.DataFrame:
    """The targets of a bank, one row per figure.

    Raises:
        BankError: when there are none.
    """
    try:
        text = dict.fromkeys(("case", "measure", "wave", "unit", "source", "why", "status"), "str")
        table = pd.read_csv(Path(folder) / TARGETS, dtype=text, keep_default_na=False, na_values={"n": "", "sd": ""})
        check_targets(table)
    except (ValueError, KeyError, TypeError, AssertionError):
        raise BankError(
            f"{Path(folder) / TARGETS} is damaged. Run the command that made the bank again with the same out=."
        ) from None
    except FileNotFoundError:
        raise BankError(
            f"{folder} holds no targets ({TARGETS} is missing). Make the bank with `coprod calibrate`."
        ) from None
    return table


def check_targets(table: pd.DataFrame) -> None:
    """Fail where a table of targets lacks a column, or a figure that is compared has no value or no error."""
    assert not table.empty
    assert set(COLUMNS) <= set(table.columns)
    assert table["status"].isin([FITTED, HELD_OUT, LEFT_OUT]).all()
    assert table["measure"].isin(list(INSTRUMENTS)).all()
    used = table[table["status"] != LEFT_OUT]
    assert np.isfinite(used[["shown", "spread", "week"]].to_numpy(float)).all()
    assert (used["spread"].to_numpy(float) > 0.0).all()


def read_observed(folder: str | os.PathLike[str]) -> dict[str, Observed]:
    """What was observed in the cases of a bank, with what is held out, by case."""
    return observed_of(read_targets(folder))
