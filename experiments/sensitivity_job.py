"""One sensitivity study from its plan to its folder: pilot, samples that grow in one store, tables, a second run, report."""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from coprod_abm.experiments.sensitivity_error import SensitivityError
from coprod_abm.experiments.sensitivity_fixing import FIXING, fixing_of, reduced, small
from coprod_abm.experiments.sensitivity_line import Typed
from coprod_abm.experiments.sensitivity_noise import (
    ACCEPTED,
    MOST,
    PILOT_POINTS,
    PILOT_REPLICATES,
    noise_of,
    replicates_for,
)
from coprod_abm.experiments.sensitivity_plan import (
    StudyPlan,
    check_able,
    check_table,
    outcomes_of,
    planned,
)
from coprod_abm.experiments.sensitivity_report import Pilot, State, put_aside, written
from coprod_abm.experiments.sensitivity_study import Outcome, Result, check_outcome, studied
from coprod_abm.experiments.sweep_job import SweepPlan, compute, executor, logged, many
from coprod_abm.job import Chunk, Job, chunks, points_of, seeds_of
from coprod_abm.job import planned as runs_planned
from coprod_abm.points import settings_of
from coprod_abm.problem import DUMMY
from coprod_abm.store import BESIDE, Store, check_fits, open_store, recorded_study, results

LOG = "sensitivity.log"
PILOT = BESIDE[0]
AT_ONCE = 2_000  # points looked at for contradictions
log = logging.getLogger("coprod_abm.sensitivity")


class UnfinishedError(Exception):
    """Not all of a sample is there, because other processes share the work."""


def run_sensitivity(settings: dict[str, Any], typed: Typed, command: Sequence[str], words: Sequence[str]) -> None:
    """Do what a resolved configuration says, or only say it (``dry_run``).

    Raises:
        SensitivityError, ProblemError, ParameterError, MeasureError, RunError, StoreError: before anything is simulated.
        SensitivityError: when outputs have no index; those of the others are written.
    """
    plan = planned(settings, typed)
    if settings["dry_run"]:
        from coprod_abm.experiments.sensitivity_forecast import forecast

        print(forecast(plan))
        return
    work = Work(plan, command, words)
    with logged_in(plan.out):
        try:
            result = work.done()
        except UnfinishedError as unfinished:
            print(unfinished)
            return
        told = written(plan, work.state(), result)
        log.info(told)
        print(told)
    if result.refused and settings["measures"] not in ("all", ["all"]):
        raise SensitivityError("No index for:\n" + "\n".join(f"  {why}" for why in result.refused.values()))


def logged_in(folder: Path) -> Any:
    """Write what is logged into the folder, once it is known to be one of ours."""
    recorded_study(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return logged(folder / LOG)


class Work:
    """A study in hand: its store, and what is known of it so far."""

    def __init__(self, plan: StudyPlan, command: Sequence[str], words: Sequence[str]) -> None:
        self.plan, self.command = plan, command
        self.kept = {**plan.settings, "words": list(words)}
        self.pilot: Pilot | None = None
        self.replicates, self.n, self.runs, self.simulating = plan.replicates or 0, plan.n, 0, 0.0
        self.sizes: list[int] = []
        self.fixing: pd.DataFrame | None = None
        self.seen: list[Outcome] = []
        self.begun: set[Path] = set()
        self.began = time.monotonic()

    def done(self) -> Result:
        """The tables of the study.

        Raises:
            UnfinishedError: when chunks are left to other processes.
            SensitivityError: when no output has an index, or the design cannot run.
        """
        if self.plan.replicates is None:
            self.pilot = self.piloted()
            self.replicates = self.pilot.replicates
            print(self.pilot_told(), flush=True)
        self.sizes = self.sizes_left()
        tolerance, common = (self.plan.settings[key] for key in ("tolerance", "common_seeds"))
        self.n, result = studied(self.plan.sampling, self.outputs, self.sizes, tolerance, common)
        if self.plan.settings["fix"] is not None:
            self.fixing = self.verified(result)
        return result

    def state(self) -> State:
        """How the study went."""
        seconds = time.monotonic() - self.began
        return State(self.n, self.replicates, self.pilot, self.fixing, self.runs, self.simulating, seconds)

    # ---- simulating ----

    def outputs(self, n: int) -> list[Outcome]:
        """The outputs at the points of a sample of size n; what the store lacks is simulated."""
        sample = self.plan.sampling.values(n)
        job = self.plan.job(sample, self.replicates)
        table = self.table(job, self.plan.out)
        check_table(self.plan, table, job)
        self.seen = outcomes_of(self.plan, table, self.replicates)
        return self.seen

    def table(self, job: Job, folder: Path) -> pd.DataFrame:
        """The finished rows of a job in its store."""
        known = recorded_study(folder)
        if known is None or known["fingerprint"] != job.fingerprint:
            check_design(job)
        began = time.monotonic()
        anew = self.plan.settings["anew"] and folder not in self.begun
        self.begun.add(folder)
        store = open_store(folder, job, config=self.kept, command=self.command, anew=anew)
        if anew and folder == self.plan.out:
            put_aside(folder)
        shared = folder == self.plan.out
        sweep = SweepPlan(
            job,
            folder,
            self.plan.settings["threads"],
            self.plan.settings if shared else {**self.plan.settings, "shard": None},
            self.plan.out,
        )
        self.runs += compute(sweep, store, executor(sweep))
        found = store.finish()
        self.simulating += time.monotonic() - began
        if not found.is_complete:
            raise UnfinishedError(
                f"{found.done:,} of {many(found.chunks, 'chunk')} are there. The same command without shard= analyses "
                "them once all are."
            )
        return results(folder)

    def sizes_left(self) -> list[int]:
        """Sizes to go through; a study that has grown already goes on at the size that it has reached."""
        sizes = self.plan.sizes(self.replicates)
        known = None if self.plan.settings["anew"] else recorded_study(self.plan.out)
        while known is not None and self.plan.sampling.rows(sizes[0]) < known["points"]:
            sizes = sizes[1:] or [2 * sizes[0]]
        return sizes

    # ---- pilot ----

    def piloted(self) -> Pilot:
        """How many replicates the output with most noise needs, from a few points with a few replicates.

        Raises:
            SensitivityError: when every output is constant or not a number there.
        """
        sampling = replace(self.plan.sampling, method="pawn", first=PILOT_POINTS)
        job = self.plan.job(sampling.values(PILOT_POINTS), PILOT_REPLICATES)
        table = self.table(job, self.plan.out / PILOT)
        check_able(table[table["error"].notna()])
        able = [each for each in outcomes_of(self.plan, table, PILOT_REPLICATES) if is_able(sampling, each)]
        if not able:
            raise SensitivityError(
                "No outcome has a value at every point of the pilot and differs between points. Choose other measures, or free "
                "something else."
            )
        shares = [
            noise_of(each.means[:, None], each.deviations[:, None], PILOT_REPLICATES, sampling.seed).share
            for each in able
        ]
        worst = max(range(len(able)), key=lambda place: shares[place])
        return Pilot(replicates_for(shares[worst]), shares[worst], able[worst].name)

    def pilot_told(self) -> str:
        """What the pilot found."""
        assert self.pilot is not None
        bound = f", the most that a study takes by itself: indices of {self.pilot.needed_for} will hold noise"
        return (
            f"Pilot: {self.pilot.share:.0%} of the variance of {self.pilot.needed_for} is between replicates; "
            f"{self.pilot.replicates} replicates"
            + (bound if self.pilot.replicates == MOST else f" leave at most {ACCEPTED:.0%} of it in the means")
            + "."
        )

    # ---- fixing ----

    def verified(self, result: Result) -> pd.DataFrame:
        """What fixing small parameters keeps of the variance, from a second run without them.

        Raises:
            SensitivityError: when nothing or everything is small.
        """
        threshold = self.plan.settings["fix"]
        fixed = small(result.indices, threshold)
        free = [name for name in self.plan.sampling.factors if name not in (*fixed, DUMMY)]
        if not fixed or not free:
            which = "Nothing has" if not fixed else "Everything has"
            print(f"{which} a total effect below fix={threshold:g}; there is nothing to verify.")
            return fixing_of([], [], fixed, threshold, self.plan.sampling.seed)
        rows = self.plan.sampling.base(self.n)[:, 0]
        sample = self.plan.sampling.values(self.n)[rows]
        job = self.plan.job(sample, self.replicates, seed=self.plan.settings["seed"] + 1)
        job = replace(job, points=reduced(self.plan.sampling.space, job.points, fixed))
        table = self.table(job, self.plan.out / FIXING)
        again = outcomes_of(self.plan, table, self.replicates)
        before = [each._replace(means=each.means[rows], deviations=each.deviations[rows]) for each in self.seen]
        return fixing_of(before, again, fixed, threshold, self.plan.sampling.seed)


def is_able(sampling: Any, outcome: Outcome) -> bool:
    """Whether an output has an index."""
    try:
        check_outcome(sampling, len(outcome.means), outcome)
    except SensitivityError as error:
        log.info("pilot: %s", error)
        return False
    return True


def check_design(job: Job) -> None:
    """Refuse points that contradict themselves before anything is simulated.

    Raises:
        SensitivityError: naming the first, and the way out.
    """
    count = len(job.cases)
    failed = []
    for first in range(0, job.size, AT_ONCE * count):
        chunk = Chunk(0, first, min(first + AT_ONCE * count, job.size), "")
        points = points_of(job, chunk)
        errors = runs_planned(job, chunk, settings_of(points), seeds_of(job, points))[1]
        failed += [
            {"point": (first + place) // count, "case": job.cases[place % count].id, "error": error}
            for place, error in enumerate(errors)
            if error is not None
        ]
    check_able(pd.DataFrame(failed))


def chunks_there(job: Job, folder: Path) -> tuple[int, int]:
    """Chunks of a job in a store, and how many of them are there."""
    known = recorded_study(folder)
    check_fits(folder, known, job)
    own = chunks(job, (known or {}).get("pairs_per_chunk"))
    return len(own), 0 if known is None else len(own) - len(Store(folder, job, own).missing())
