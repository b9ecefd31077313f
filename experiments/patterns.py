"""The evidence table: every published pattern that the defaults must show, what the model shows, and whether it is met."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pandas as pd

from coprod_abm.experiments.estimates import LEVEL, MET, NOT_MET, UNCLEAR
from coprod_abm.experiments.experiment import Findings
from coprod_abm.experiments.pattern import Evidence, Pattern, evidence_of, verdict_of
from coprod_abm.experiments.pattern_joining import JOINING
from coprod_abm.experiments.pattern_meetings import MEETINGS
from coprod_abm.experiments.pattern_outcomes import OUTCOMES
from coprod_abm.experiments.pattern_report import as_markdown, as_text, draw
from coprod_abm.experiments.progress import Progress
from coprod_abm.experiments.study import Study

PATTERNS: tuple[Pattern, ...] = tuple(
    sorted((*JOINING, *MEETINGS, *OUTCOMES), key=lambda pattern: int(pattern.id.removeprefix("P")))
)
FALSE_MET = 0.5 * (1.0 - LEVEL)  # chance that a sign is called met where the model has no effect


def find(study: Study, progress: Progress) -> Findings:
    """The evidence table of all patterns, as table, text and figure."""
    table = evidence(PATTERNS, study, progress)
    return Findings(
        tables={"evidence": table, "patterns": verdicts(table), "comparisons": comparisons()},
        text=as_text(table),
        markdown=as_markdown(table, comparisons()),
        draw=partial(draw, table),
        files={
            "tables/evidence.parquet": "one row per claim: effect, 99 % interval, runs, criterion, verdict, notes",
            "tables/patterns.parquet": "one row per pattern: its sentence and whether all its claims are met",
            "tables/comparisons.parquet": "the settings that each pattern compares",
            "figures/patterns.*": "effects and intervals, each row on its own scale",
        },
    )


def total_runs(study: Study) -> int:
    """Runs of the whole table."""
    return sum(runs_of(pattern, study) for pattern in PATTERNS)


def runs_of(pattern: Pattern, study: Study) -> int:
    """Runs of one pattern."""
    return pattern.runs(study.replicates) * len(pattern.arms) * len(study.cases)


def evidence(patterns: Sequence[Pattern], study: Study, progress: Progress | None = None) -> pd.DataFrame:
    """The evidence for these patterns, one row per claim (columns of :class:`Evidence`)."""
    rows: list[Evidence] = []
    done = 0
    lettered: dict[str, int] = {}
    for pattern in patterns:
        own = replace(study, replicates=pattern.runs(study.replicates))
        read = {}
        for name, arm in pattern.arms.items():
            read[name] = own.read(arm, pattern.reading, progress, done, f"{pattern.id} {name}")
            done += own.replicates * len(own.cases)
        first = lettered.get(pattern.id, 0)
        found = evidence_of(pattern, read, first if is_in_parts(pattern) else None)
        lettered[pattern.id] = first + len(found)
        rows += found
    return pd.DataFrame(rows, columns=list(Evidence._fields))


def is_in_parts(pattern: Pattern) -> bool:
    """Whether a pattern's claims need letters: it has several, alone or with another declaration of the same pattern."""
    return sum(len(other.claims) for other in PATTERNS if other.id == pattern.id) > 1


def verdicts(table: pd.DataFrame) -> pd.DataFrame:
    """One row per pattern: its sentence and the verdict over its claims."""
    rows = []
    for name, claims in table.groupby("pattern", sort=False):
        sentences = [pattern.sentence for pattern in PATTERNS if pattern.id == name]
        rows.append(
            {
                "pattern": name,
                "sentence": " ".join(dict.fromkeys(sentences)),
                "verdict": verdict_of(list(claims["verdict"])),
                "claims_met": int((claims["verdict"] == MET).sum()),
                "claims_not_met": int((claims["verdict"] == NOT_MET).sum()),
                "claims_unclear": int((claims["verdict"] == UNCLEAR).sum()),
            }
        )
    return pd.DataFrame(rows)


def comparisons() -> pd.DataFrame:
    """One row per arm: pattern, its name, settings and weeks."""
    return pd.DataFrame(
        [
            {"pattern": pattern.id, "arm": name, "settings": arm.told, "weeks": arm.weeks}
            for pattern in PATTERNS
            for name, arm in pattern.arms.items()
        ]
    )
