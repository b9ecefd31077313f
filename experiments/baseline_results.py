"""The results that are pinned: every case under the defaults and every theory, as whole numbers and means."""

import csv
import io
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from coprod_abm.case import Case
from coprod_abm.experiments.settings import named_cases
from coprod_abm.parameters import Parameters
from coprod_abm.presets import preset
from coprod_abm.simulate import SIX_YEARS, Outcome, on_threads, run_once
from coprod_abm.theories import ALL, THEORIES
from coprod_abm.world import Array, world_of
from coprod_abm.year import YEAR

SEED, THEORY_WEEKS = 1, YEAR
NEAR = 1e-12  # of a mean: the order in which a processor adds may move its last bits
WHOLE = ("changes_adopted", "changes_implemented", "changes_from_citizens", "promises_broken")
MEANS = ("need_met", "need_gap", "citizen_trust", "citizen_efficacy", "staff_burnout", "voice_share", "safety")
PEOPLE = "people_by_state"
COLUMNS = ("case", "theory", "week", "outcome", "value")
COMMENT = (
    "# Pinned results: one run of each case, seed 1. Whole numbers are sums over projects; people_by_state is a checksum of\n"
    "# how many people are in which state. Changed only by: coprod baseline update because=REASON\n"
)


class Key(NamedTuple):
    """Which result: of what case, under which theory, after which week."""

    case: str
    theory: str
    week: int
    outcome: str


Results = dict[Key, int | float]


def found_results() -> Results:
    """What this installation gives: six years of each case under the defaults, one year under each theory alone."""
    asked = [(case, theory) for case in named_cases("all") for theory in (ALL, *THEORIES)]
    parts = on_threads(lambda one: dict(results_of(*one)), asked, None, None)
    return {key: value for part in parts for key, value in part.items()}


def results_of(case: Case, theory: str) -> Iterator[tuple[Key, int | float]]:
    """The results of one case under one theory, year by year where there are several."""
    params = Parameters() if theory == ALL else preset(f"theory={theory}")
    weeks = min(case.weeks, SIX_YEARS) if theory == ALL else THEORY_WEEKS
    outcome = run_once(world_of([case], params, {}), SEED, weeks, YEAR)
    for stop in range(1, weeks // YEAR + 1):
        for name, value in shown(outcome, stop).items():
            yield Key(case.id, theory, stop * YEAR, name), value


def shown(outcome: Outcome, stop: int) -> Mapping[str, int | float]:
    """The pinned outcomes at one stop of a run."""
    from coprod_abm.measures import NAMES

    seen: Array = outcome.seen[stop]
    whole = {name: round(float(np.nansum(seen[:, NAMES.index(name)]))) for name in WHOLE}
    people = np.ascontiguousarray(outcome.counts[stop].sum(axis=0), dtype="<i8")
    means = {name: float(np.nanmean(seen[:, NAMES.index(name)])) for name in MEANS}
    return {**whole, PEOPLE: zlib.crc32(people.tobytes()), **means}


def differences(pinned: Results, found: Results) -> list[str]:
    """What is not as pinned, one line each: whole numbers that are not the same, means that are not within 1e-12.

    >>> key = Key("SE-JKP", "all", 52, "need_met")
    >>> differences({key: 0.5}, {key: 0.5 + 1e-14}), differences({key: 0.5}, {key: 0.6})
    ([], ['SE-JKP, theory all, week 52: need_met 0.6, pinned 0.5'])
    """
    changed = []
    for key in sorted({*pinned, *found}):
        before, after = pinned.get(key), found.get(key)
        if before is None or after is None or not same(before, after):
            now, then = ("nothing" if value is None else repr(value) for value in (after, before))
            changed.append(f"{key.case}, theory {key.theory}, week {key.week}: {key.outcome} {now}, pinned {then}")
    return changed


def same(before: float, after: float) -> bool:
    """Whether two values are the same result."""
    if isinstance(before, int) and isinstance(after, int):
        return before == after
    return abs(before - after) <= NEAR or (before != before and after != after)  # noqa: PLR0124 - both not a number


# ---- the file ----


def pinned_results(file: Path) -> Results:
    """The pinned results; none where the file is not there."""
    if not file.exists():
        return {}
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {
        Key(row["case"], row["theory"], int(row["week"]), row["outcome"]): number(row["value"])
        for row in csv.DictReader(lines)
    }


def number(text: str) -> Any:
    """A whole number or a mean, as it is written."""
    return int(text) if text.lstrip("-").isdigit() else float(text)


def text_of(results: Results) -> str:
    """The file: one line per result, means with every digit."""
    sink = io.StringIO()
    rows = csv.writer(sink, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows([*key, repr(value)] for key, value in results.items())
    return COMMENT + sink.getvalue()
