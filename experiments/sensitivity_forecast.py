"""What a sensitivity study will take, from a probe of about a second; nothing is written."""

from coprod_abm.experiments.progress import lasting
from coprod_abm.experiments.sensitivity_job import check_design, chunks_there
from coprod_abm.experiments.sensitivity_noise import FEWEST, MOST, PILOT_POINTS, PILOT_REPLICATES
from coprod_abm.experiments.sensitivity_plan import StudyPlan
from coprod_abm.experiments.sweep_forecast import bytes_of, runs_per_second, sized
from coprod_abm.simulate import available_threads

SHOWN = 20  # replicates of which the time is told where a pilot will choose them


def forecast(plan: StudyPlan) -> str:
    """What would be done, in words.

    Raises:
        SensitivityError, StoreError: when the design cannot run, or the folder holds another study.
    """
    sampling, replicates = plan.sampling, plan.replicates or SHOWN
    job = plan.job(sampling.values(plan.n), replicates)
    check_design(job)
    total, there = chunks_there(job, plan.out) if plan.replicates and not plan.settings["anew"] else (0, 0)
    rate = runs_per_second(job, plan.settings["threads"])
    sizes = plan.sizes(replicates)
    most = sampling.rows(sizes[-1]) * len(plan.cases) * replicates
    used = plan.settings["threads"] or available_threads()
    factors = [name for name in sampling.factors if name != "dummy"]
    left = job.runs * (1 - there / max(total, 1))
    lines = [
        f"Method      {sampling.method}: n = {plan.n} {sampling.kind.unit}, {len(job.points):,} points",
        f"Free        {len(sampling.space['names']) - 1} parameters in {len(factors)} indices: {shortly(factors)}, and a dummy",
        f"Cases       {len(plan.cases)}: {', '.join(case.id for case in plan.cases)}",
        f"Outcomes    {', '.join(plan.columns)}",
        f"Replicates  {replicates_told(plan)}",
        f"Runs        {job.runs:,}",
        f"Time        about {lasting(left / rate)} on {used} threads ({rate:,.0f} runs/s in a probe)",
        f"Disk        about {sized(bytes_of(job, max(total, 1)))} in {plan.out}",
    ]
    if len(sizes) > 1:
        lines.insert(-1, f"At most     n = {sizes[-1]}, {most:,} runs, about {lasting(most / rate)}")
    return "\n".join([*lines, "Nothing was run or written. Leave --dry-run away to begin."])


def replicates_told(plan: StudyPlan) -> str:
    """How many replicates, or how they will be chosen."""
    if plan.replicates is not None:
        return str(plan.replicates)
    pilot = PILOT_POINTS * PILOT_REPLICATES * len(plan.cases)
    return f"{FEWEST} to {MOST}, after a pilot of {pilot:,} runs; figures below are for {SHOWN}"


def shortly(names: list[str]) -> str:
    """The first names of a list."""
    return ", ".join(names[:12]) + (f" and {len(names) - 12} others" if len(names) > 12 else "")
