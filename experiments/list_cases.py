"""`coprod cases`: the shipped cases, or one case with its published measures by wave and its assumptions."""

import argparse
import textwrap
from collections.abc import Sequence

from coprod_abm.case import Case, coverage, coverage_table, load_case
from coprod_abm.experiments.listing import WIDTH, as_table

COLUMNS = {
    "id": "case",
    "name": "name",
    "country": "country",
    "level": "level",
    "simulated": "simulated",
    "sites": "sites",
    "people": "people",
    "measures": "measures",
    "waves": "waves",
    "figures": "figures",
}


def main(words: Sequence[str]) -> None:
    """Print the list of cases, or one case.

    Raises:
        CaseError: when there is no such case, or its files break a rule.
    """
    parser = argparse.ArgumentParser("coprod cases", description="The cases, or one case's published measures by wave.")
    parser.add_argument(
        "case", nargs="?", help="a shipped case, such as SE-JKP, or the path of a case file of your own"
    )
    given = parser.parse_args(list(words))
    if given.case is None:
        print(overview())
        print("\n`coprod cases SE-JKP` shows one case's measures by wave and its assumptions.")
        return
    print(told(load_case(given.case)))


def overview() -> str:
    """Every shipped case on a line: who, where, when, how large, and how many published figures it is compared with."""
    table = coverage_table().reset_index()
    rows = [[str(cell) for cell in row] for row in table[list(COLUMNS)].to_numpy()]
    return as_table(list(COLUMNS.values()), rows, [0] * len(COLUMNS))


def told(case: Case) -> str:
    """One case: who it is, how many figures are published by measure and wave, and what it assumes."""
    head = (
        f"{case.id}, {case.name} ({case.country}, {case.level.name}): {len(case.sites)} "
        f"site{'s' * (len(case.sites) > 1)}, {case.people:,} people, {case.start} to {case.start + case.years - 1}"
    )
    rules = [f"  {key} = {value}" for key, value in case.rules.items()]
    assumptions = [
        textwrap.fill(sentence, WIDTH, initial_indent="  - ", subsequent_indent="    ") for sentence in case.assumptions
    ]
    parts = [head, measures_by_wave(case)]
    parts += ["\n".join(["Rules of its own", *rules])] if rules else []
    parts += ["\n".join(["What the sources do not say", *assumptions])] if assumptions else []
    return "\n\n".join(parts)


def measures_by_wave(case: Case) -> str:
    """A dot for each published figure; waves outside the compared years stand in brackets."""
    counts = coverage(case)
    if counts.empty:
        return "No published measures."
    order = sorted(range(len(counts.columns)), key=lambda place: str(counts.columns[place][1]))
    waves = [(str(counts.columns[place][0]), str(counts.columns[place][1])) for place in order]
    names = ["measure", *(f"({wave})" if window == "outside" else wave for window, wave in waves)]
    cells = counts.to_numpy()[:, order]
    rows = [
        [str(measure), *("•" if count else "" for count in row)]
        for measure, row in zip(counts.index, cells, strict=True)
    ]
    return as_table(names, rows, [0] * len(names))
