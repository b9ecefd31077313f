"""What a calibration will take: draws, runs, time from a probe of about a second per case, and what is there already."""

from collections.abc import Sequence

from coprod_abm.calibration.bank_store import RUNS, check_same
from coprod_abm.experiments.calibrate_plan import Calibration
from coprod_abm.experiments.progress import lasting
from coprod_abm.experiments.sweep_forecast import bytes_of, runs_per_second, sized
from coprod_abm.job import Job, chunks
from coprod_abm.simulate import available_threads
from coprod_abm.store import Store, check_fits, recorded_study


def forecast(plan: Calibration, stages: Sequence[str]) -> str:
    """What would be done, in words; nothing is written.

    Raises:
        BankError, StoreError: when the folder holds another bank.
    """
    bank = plan.bank
    if not plan.settings["anew"]:
        check_same(plan.out, bank.facts)
    left, seconds, size = 0, 0.0, 0.0
    for case in bank.cases:
        job = bank.job(case)
        missing = missing_runs(plan, job, case.id)
        left += missing
        size += bytes_of(job, len(chunks(job)))
        seconds += missing / runs_per_second(job, plan.settings["threads"]) if missing else 0.0
    used = plan.settings["threads"] or available_threads()
    counts = bank.targets["status"].value_counts()
    levels = [f"{sum(one.level == level for one in bank.priors)} {level}" for level in ("shared", "country", "case")]
    time_told = f"about {lasting(seconds)}" if left else "none"
    lines = [
        f"Cases      {len(bank.cases)}: {', '.join(case.id for case in bank.cases)}",
        f"Targets    {len(bank.targets)} figures: {', '.join(f'{number} {status}' for status, number in counts.items())}",
        f"Priors     {plan.settings['priors']}: {', '.join(levels)} parameters",
        f"Theories   {', '.join(bank.theories)}; parameters are estimated under {plan.theory}",
        f"Bank       {bank.draws:,} draws, each once in every case: {bank.runs:,} runs, {bank.runs - left:,} are there already",
        f"Time       {time_told} for the bank on {used} thread{'s' * (used != 1)}",
        f"Disk       about {sized(size)} in {plan.out}",
        f"Stages     {', '.join(stages)}",
        "Nothing was run or written. Leave --dry-run away to begin.",
    ]
    return "\n".join(lines)


def missing_runs(plan: Calibration, job: Job, case: str) -> int:
    """How many runs of a case are not on disk.

    Raises:
        StoreError: when the folder holds others.
    """
    place = plan.out / RUNS / case
    known = None if plan.settings["anew"] else recorded_study(place)
    check_fits(place, known, job)
    own = chunks(job, (known or {}).get("pairs_per_chunk"))
    missing = own if known is None else Store(place, job, own).missing()
    return sum(chunk.last - chunk.first for chunk in missing)
