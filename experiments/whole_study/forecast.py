"""What a study will take: sizes of every step, and hours from a probe of this machine of about a second."""

from collections.abc import Mapping, Sequence
from typing import Any

from coprod_abm.experiments.listing import as_table
from coprod_abm.experiments.progress import lasting
from coprod_abm.experiments.settings import named_cases
from coprod_abm.experiments.whole_study.settings import WORK, read_budget
from coprod_abm.experiments.whole_study.steps import STEPS

CALIBRATED_MEASURES = ("need_met",)


def forecast(settings: Mapping[str, Any], sizes: Mapping[str, int], left: Sequence[str] = tuple(STEPS)) -> str:
    """Sizes and times of the steps that are left, as a table."""
    from coprod_abm.simulate import available_threads

    rate, threads = runs_per_second(settings), settings["threads"] or available_threads()
    work = read_budget(settings["budget"])[WORK]
    seconds = {name: sizes[name] / rate + float(work[name]) for name in left}
    rows = [[name, f"{sizes[name]:,}", sized(settings[name]), about(seconds[name])] for name in left]
    head = (
        f"A study of {len(named_cases(settings['case']))} cases, budget={settings['budget']}, seed {settings['seed']}, in "
        f"{settings['out']}: about {about(sum(seconds.values()))} on {threads} thread{'s' * (threads != 1)} "
        f"({rate:,.0f} runs/s in a probe; estimation and pictures as measured on one processor)."
    )
    return f"{head}\n{as_table(['step', 'runs', 'sizes', 'about'], rows, [0] * 4)}"


def about(seconds: float) -> str:
    """A time, roughly; nobody can tell it better."""
    return lasting(seconds) if seconds < 60 else lasting(60 * round(seconds / 60))


def sized(keys: Mapping[str, Any]) -> str:
    """The keys of a step that say how much it does."""
    shown = {key: value for key, value in keys.items() if key not in ("language", "formats", "measures")}
    return ", ".join(
        f"{key} {value if not isinstance(value, list) else ' '.join(map(str, value))}" for key, value in shown.items()
    )


def runs_per_second(settings: Mapping[str, Any]) -> float:
    """Runs a second over the cases of the study."""
    import pandas as pd

    from coprod_abm.experiments.sweep_forecast import runs_per_second as probed
    from coprod_abm.job import job_of

    points = pd.DataFrame({"power.agenda_access": [0.2, 0.8]})
    job = job_of(points, named_cases(settings["case"]), list(CALIBRATED_MEASURES), replicates=1)
    return probed(job, settings["threads"])
