"""One row per parameter point and case: the table that every study (sweep, sensitivity, calibration, scenarios) calls for."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from coprod_abm.declare import ParameterError
from coprod_abm.job import Job, Told, computed, job_of, spans
from coprod_abm.parameters import Parameters
from coprod_abm.simulate import Cases, Progress, RunError, check_run


def evaluate(
    points: pd.DataFrame,
    case: Cases,
    measures: Sequence[str] | None = None,
    replicates: int = 20,
    seed: int = 1,
    weeks: int | None = None,
    base: Parameters | None = None,
    common_seeds: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
    rows: str = "points",
    quantiles: bool | Sequence[float] = False,
    errors: str = "raise",
) -> pd.DataFrame:
    """``points`` with a column ``case``, and for each measure its mean and (``<measure>_sd``) SD over replicates at the end.

    The end is each case's own (six years in the shipped ones) unless ``weeks`` is given. ``need_met@104`` names a measure
    after week 104; an instrument's name stands for its expected survey reading (``trust_health_care@26``).

    With ``quantiles`` there are also ``<measure>_q05, _q25, _q50, _q75, _q95`` over replicates, or those of the shares
    given. With ``rows="replicates"`` every run has a row instead, with its number ``replicate`` and its ``seed``.

    Columns of ``points`` are declared parameters (``power.agenda_access``), those of instruments
    (``instrument.trust_health_care.threshold``) and presets: a family's name (``power``) or
    ``theory``, with names of presets. Single parameters win over presets, a family's preset wins over the theory; all
    others keep their value in ``base``. Each row has fresh seeds of its own unless ``common_seeds``, which is for
    differences between scenarios only.

    The same points and seed give the same bits however many threads there are. Memory holds the table and one chunk.

    A point whose settings contradict each other is refused, or with ``errors="record"`` a row without numbers whose
    column ``error`` says why. ``progress`` hears of finished rows (of pairs of point and case).

    Raises:
        ParameterError: when a column is no parameter or family, stands twice, a value breaks its declaration, or settings
            contradict each other; the point is named.
        PresetError: when a preset does not exist.
        MeasureError, CaseError, RunError: on an unknown measure, a faulty case, an impossible run.
    """
    if errors not in ("raise", "record"):
        raise RunError(f"errors = {errors!r} is neither 'raise' nor 'record'. Choose one of them.")
    job = job_of(points, case, measures, replicates, seed, weeks, base, common_seeds, rows, quantiles)
    check_run(1, 1, 1, threads, 0)
    parts = []
    for span in spans(job):
        told = None if progress is None else runs_as_pairs(progress, job, span.first)
        part = computed(job, span, threads, told)
        if errors == "raise":
            check_errors(part)
        parts.append(part.drop(columns=["point", "case", *job.points.columns]))
    found = pd.concat(parts, ignore_index=True)
    return pd.concat([inputs(points, job), found if errors == "record" else found.drop(columns="error")], axis=1)


def inputs(points: pd.DataFrame, job: Job) -> pd.DataFrame:
    """Case and point of each row, the points as they were given."""
    each = job.replicates if job.rows == "replicates" else 1
    table = points.iloc[np.repeat(np.arange(len(points)), len(job.cases) * each)].reset_index(drop=True)
    table.insert(0, "case", np.tile(np.repeat([case.id for case in job.cases], each), len(points)))
    return table


def runs_as_pairs(progress: Progress, job: Job, before: int) -> Told:
    """A listener to runs of one chunk that tells of pairs of the whole job."""
    return lambda runs: progress(before + runs // job.replicates, job.size)


def check_errors(part: pd.DataFrame) -> None:
    """Refuse the first point that cannot run.

    Raises:
        ParameterError: naming point and case.
    """
    failed = part[part["error"].notna()]
    if len(failed):
        first = failed.iloc[0]
        raise ParameterError(f"Point {first['point']}, case {first['case']}: {first['error']}")
