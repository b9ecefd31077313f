"""The picture of indices by level: a panel for each level, as the map has one for each case."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from coprod_abm.experiments.figure_sensitivity_maps import overview
from coprod_abm.experiments.figure_sensitivity_table import first_row, of_index
from coprod_abm.experiments.sensitivity_levels import of_levels
from coprod_abm.experiments.study_names import Names

MOST_CASES_OF_LUCK = 0.5  # share of the cases of a level that must tell an index from luck


def levelled(rows: pd.DataFrame, names: Names) -> pd.DataFrame:
    """The indices of a map with levels in the place of cases; luck is what most cases of a level cannot tell from it."""
    found = of_levels(rows)
    told = [
        names.text("level_of", level=names.words["levels"].get(level, level), count=count)
        for level, count in zip(found["level"], found["cases"], strict=True)
    ]
    few = found["told_in"] <= MOST_CASES_OF_LUCK * found["cases"]
    return found.assign(case=told, level="all", noise_only=few)


def levels_figure(rows: pd.DataFrame, measures: Sequence[str], names: Names, words: Sequence[str]) -> Figure:
    """A panel for each level of ``levelled`` rows; ``words`` are title, sentence and notes."""
    places = [(str(case), "all") for case in dict.fromkeys(rows["case"])]
    return overview(rows, places, measures, names, words)


def levels_sentence(rows: pd.DataFrame, index: str, names: Names) -> str:
    """What is strongest at each level, and in how many of its cases that can be told from luck."""
    said = []
    for level, own in rows.groupby("case", sort=False):
        told = [strongest_of(part, index, str(name), names) for name, part in own.groupby("measure", sort=False)]
        shown = "; ".join(each for each in told if each) or names.text("sentences.level_luck")
        said.append(names.text("sentences.level", level=names.capital(str(level)), told=shown))
    return " ".join([*said, names.text(f"sentences.means_{index}")])


def strongest_of(rows: pd.DataFrame, index: str, measure: str, names: Names) -> str:
    """The strongest parameter of one measure at one level; nothing where all is luck."""
    ranked = of_index(rows, index)
    clear = ranked[~ranked["noise_only"]]
    if not len(clear):
        return ""
    row = first_row(clear)
    cases = names.text("sentences.map_cases", some=int(row["told_in"]), all=int(row["cases"]))
    facts = {"name": names.parameter(str(row["parameter"])), "measure": names.measure(measure)}
    return names.text("sentences.map_of", cases=cases, **facts)
