"""What the figures of a sweep need of its table: which columns were varied, their names in words, means and noise."""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from coprod_abm.instruments import Instrument, is_instrument_key
from coprod_abm.measures import NAMES, measure
from coprod_abm.outputs import is_output, output
from coprod_abm.parameters import declarations
from coprod_abm.points import is_preset

MOST_PANELS = 9
MOST_VALUES = 101  # of a factor that is drawn as a line or in a map
USUAL = (  # shown where more measures were kept than there is room for
    "need_met", "citizen_satisfaction", "goals_delivered", "voice_share", "influence_share", "member_trust",
    "member_knowledge", "practice_fit", "unique_share",
)  # fmt: skip


@dataclass(frozen=True)
class SweepFacts:
    """What the notes below a figure say of its sweep.

    Attributes:
        replicates, seed: of the sweep.
        common_seeds: whether every point has the same draws.
        cases: name of each case by its id.
    """

    replicates: int
    seed: int
    common_seeds: bool
    cases: dict[str, str]


@dataclass(frozen=True)
class Shown:
    """A sweep as its figures see it: one row per point, averaged over cases.

    Attributes:
        table: the varied columns, and of each measure its mean and ``<measure>_sd``, the SD of runs at one point.
        numbers: varied parameters that are numbers.
        names: varied presets, theories and choices.
        measures: those that have a panel.
        failed: points left out since they could not run in every case.
        facts: of the sweep.
    """

    table: pd.DataFrame
    numbers: tuple[str, ...]
    names: tuple[str, ...]
    measures: tuple[str, ...]
    failed: int
    facts: SweepFacts

    @property
    def factors(self) -> tuple[str, ...]:
        """Every column that was varied."""
        return (*self.names, *self.numbers)

    @property
    def where(self) -> str:
        """The case or cases in words, for a title."""
        names = list(self.facts.cases.values())
        return names[0] if len(names) == 1 else f"mean of {len(names)} cases"

    @property
    def notes(self) -> str:
        """Number of points and runs, seed, and what was left out."""
        facts, several = self.facts, len(self.facts.cases) > 1
        runs = "1 run" if facts.replicates == 1 else f"{facts.replicates} runs"
        each = " of each point in each case" if several else " of each point"
        seeds = "the same draws at every point" if facts.common_seeds else "draws of its own at every point"
        told = f"{len(self.table):,} points, {runs}{each}, seed {facts.seed}, {seeds}; parameters are uncalibrated."
        if several:
            told += f" Cases: {', '.join(facts.cases)}."
        if self.failed:
            told += f" {self.failed} point{'s' * (self.failed != 1)} that could not run left out."
        return told


def shown(results: pd.DataFrame, facts: SweepFacts) -> Shown:
    """The table of a sweep, of points or of replicates, with what was varied in it; empty where no point could run."""
    columns = [key for key in results.columns if key in declarations() or is_preset(key) or is_instrument_key(key)]
    told = results["error"].fillna("") if "error" in results.columns else pd.Series("", results.index)
    failed = results[columns].loc[told != ""].drop_duplicates()
    ran = pd.Index(results[columns].itertuples(index=False, name=None))
    bad = ran.isin(pd.Index(failed.itertuples(index=False, name=None))) if len(failed) else np.zeros(len(results), bool)
    good = results[~bad]
    kept = [name for name in outputs_among(good.columns) if good[name].notna().any()]
    measures = kept if len(kept) <= MOST_PANELS else [name for name in USUAL if name in kept] or kept[:MOST_PANELS]
    points = by_point(good, columns, measures)
    varied = [key for key in columns if points[key].nunique() > 1]
    numbers = tuple(key for key in varied if pd.api.types.is_numeric_dtype(points[key]))
    names = tuple(key for key in varied if key not in numbers)
    return Shown(points, numbers, names, tuple(measures), len(failed), facts)


def outputs_among(columns: Iterable[str]) -> list[str]:
    """The columns that are measures, in the order of their declaration, then those of other weeks and of instruments."""
    found = [name for name in columns if is_output(name)]
    return sorted(found, key=lambda name: NAMES.index(name) if name in NAMES else len(NAMES))


def by_point(results: pd.DataFrame, columns: Sequence[str], measures: Sequence[str]) -> pd.DataFrame:
    """One row per point in the order of the table: means and SD of runs, averaged over cases."""
    noise = [f"{name}_sd" for name in measures]
    keys = ["case", *columns]
    if "replicate" in results.columns:
        grouped = results.groupby(keys, sort=False)[list(measures)]
        rows = pd.concat([grouped.mean(), grouped.std(ddof=1).add_suffix("_sd")], axis=1).reset_index()
    else:
        rows = results[keys + list(measures)].assign(**{name: results.get(name, np.nan) for name in noise})
    rows[noise] = rows[noise].astype(float) ** 2
    if not columns:
        return _rooted(rows[[*measures, *noise]].mean().to_frame().T, noise)
    return _rooted(rows.groupby(list(columns), sort=False)[[*measures, *noise]].mean().reset_index(), noise)


def averaged(given: Shown, keys: Sequence[str]) -> pd.DataFrame:
    """Means and SD of runs over all points that share the values of ``keys``, sorted by numbers."""
    noise = [f"{name}_sd" for name in given.measures]
    rows = given.table.copy()
    rows[noise] = rows[noise] ** 2
    ordered = [key for key in keys if key in given.numbers]
    grouped = rows.groupby(list(keys), sort=False)[[*given.measures, *noise]].mean().reset_index()
    return _rooted(grouped.sort_values(ordered, kind="stable") if ordered else grouped, noise)


def _rooted(rows: pd.DataFrame, noise: Sequence[str]) -> pd.DataFrame:
    rows[list(noise)] = np.sqrt(rows[list(noise)].astype(float))
    return rows


def is_on_grid(given: Shown, keys: Sequence[str]) -> bool:
    """Whether these columns take few values, every combination of which is there, and are no sample."""
    counts = [given.table[key].nunique() for key in keys]
    shared = len(given.factors) == 1 or 2 * max(counts) <= len(given.table)
    return (
        shared and max(counts) <= MOST_VALUES and len(given.table[list(keys)].drop_duplicates()) == int(np.prod(counts))
    )


def axis_name(key: str) -> str:
    """A varied column in words: ``agenda access`` with its unit, or the rule family."""
    found = declarations().get(key)
    if found is None:
        return key
    unit = (
        "" if found.unit in {"choice", "share", "probability", "strength", "switch", "factor"} else f" ({found.unit})"
    )
    return f"{key.replace('_', ' ').replace('.', ': ')}{unit}"


def level_name(key: str, value: object) -> str:
    """A value in words."""
    return f"{value:.3g}" if key in declarations() and isinstance(value, float) else str(value).replace("_", " ")


def level_names(key: str, values: Sequence[object], most: int = 40) -> list[str]:
    """Values in words of at most so many letters; of ``arnstein/placation`` the last word where that tells them apart."""
    whole = [level_name(key, value) for value in values]
    last = [name.rpartition("/")[2] for name in whole]
    chosen = last if len(set(last)) == len(last) else whole
    short = [name if len(name) <= most else f"{name[: most - 1]}…" for name in chosen]
    return short if len(set(short)) == len(short) else chosen


def measure_name(name: str) -> str:
    """A measure in words, with a capital."""
    kept = output(name)
    words = kept.through.label if kept.through else kept.name.replace("_", " ")
    when = "" if kept.week is None else f", week {kept.week}"
    return f"{words[0].upper()}{words[1:]}{when}"


def measure_means(name: str, width: int) -> str:
    """Unit and meaning of a measure in at most two lines of so many letters."""
    kept = output(name)
    found = kept.through or measure(kept.name)
    meaning = f"survey reading of {found.state.replace('_', ' ')}" if isinstance(found, Instrument) else found.meaning
    lines = textwrap.wrap(f"{meaning} ({found.unit})", width)
    if len(lines) > 2:
        lines = textwrap.wrap(meaning, width)
    if len(lines) > 2:
        lines = [lines[0], f"{lines[1][: width - 2].rstrip()} …"]
    return "\n".join(lines)


def limits(values: "np.ndarray | pd.Series[float]", spread: "np.ndarray | pd.Series[float]") -> tuple[float, float]:
    """Least and greatest value with its noise on both sides."""
    noise = np.nan_to_num(np.asarray(spread, float))
    seen = np.asarray(values, float)
    return float((seen - noise).min()), float((seen + noise).max())


def scale_of(name: str, low: float, high: float) -> tuple[float, float]:
    """The scale of a measure; of one without an end, what was seen."""
    kept = output(name)
    if kept.through:
        return kept.through.scale
    found = measure(kept.name)
    wide = max(high - low, 1e-9)
    bottom = found.low if found.low > -1e6 else low - wide
    top = found.high if found.high < 1e6 else high + wide
    return bottom, top
