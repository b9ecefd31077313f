"""The stages of one calibration: bank, prior check, each case, hierarchy, checks, report; each goes on from files."""

import json
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from coprod_abm.calibration.bank import BankError
from coprod_abm.calibration.bank_store import FACTS, TARGETS, Report, fill_bank, read_facts
from coprod_abm.calibration.priors import hash_of
from coprod_abm.compiled import is_compiled, source_fingerprint
from coprod_abm.experiments.calibrate_plan import Calibration, planned
from coprod_abm.experiments.calibrate_settings import as_list
from coprod_abm.experiments.progress import told_progress
from coprod_abm.experiments.sweep import Interrupted
from coprod_abm.provenance import now, provenance
from coprod_abm.simulate import RunError
from coprod_abm.store_files import whole_file

STAMPS, STUDY = "stages", "calibration.json"


class Stage(NamedTuple):
    """One step: what it does, the function that does it, what it needs, the files it leaves, and the keys it depends on."""

    does: str
    module: str
    function: str
    leaves: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


# Modules are named and not imported: inference loads libraries that a bank does not need. Each function takes the
# Calibration, writes what it leaves, and says in words what came of it.
STAGES: dict[str, Stage] = {
    "bank": Stage("simulate every draw in every case", "calibrate_job", "bank_stage", ("bank.json",)),
    "prior": Stage(
        "compare what the priors can produce with the targets",
        "calibrate_prior",
        "prior_stage",
        ("prior_predictive.csv", "courses.csv"),
        ("outside", "figures", "theory"),
    ),
    "cases": Stage("estimate each case by itself", "calibrate_infer", "cases_stage", ("posterior.csv",), ("engine",)),
    "hierarchy": Stage(
        "estimate all cases together",
        "calibrate_infer",
        "hierarchy_stage",
        ("posterior.nc", "together.csv", "predicted.csv", "sampling.json", "model_errors.csv", "draws.parquet"),
        ("budget",),
    ),
    "checks": Stage(
        "see how far intervals can be trusted",
        "calibrate_infer",
        "checks_stage",
        ("fit.csv", "lessons.csv", "coverage.csv", "emulators.csv", "ranks.csv", "joint_coverage.csv"),
        ("figures",),
    ),
    "theories": Stage("compare rival theories", "compare_job", "compare_stage"),
    "report": Stage("say what was found in plain language", "calibrate_report", "report_stage", ("report.md",)),
}


def calibrate(settings: Mapping[str, Any], command: list[str]) -> None:
    """Do what a resolved configuration says, or only say it (``dry_run``).

    Raises:
        BankError, CaseError, RunError, StoreError: naming value, rule and way out.
        Interrupted: after Ctrl-C; what is there is kept.
    """
    plan = planned(settings, command)
    wanted = stages_of(settings["stages"])
    check_draws(plan, wanted)
    if settings["dry_run"]:
        from coprod_abm.experiments.calibrate_forecast import forecast

        print(forecast(plan, wanted))
        return
    for name in wanted:
        try:
            done = do_stage(name, plan)
        except (KeyboardInterrupt, SystemExit):
            raise Interrupted(
                f"Interrupted in the stage {name}: what is finished is kept in {plan.out}. The same command with "
                f"out={plan.out} goes on there."
            ) from None
        print(f"{name:<10} {done}", flush=True)
    print(f"Results: {plan.out}.")


def stages_of(given: Any) -> tuple[str, ...]:
    """The stages to do, in their order.

    Raises:
        RunError: when there is no such stage.
    """
    names = as_list(given)
    for name in names:
        if name not in (*STAGES, "all"):
            raise RunError(f"stages={name} does not exist. Stages, in order: {', '.join(STAGES)}; or all.")
    last = len(STAGES) if "all" in names else 1 + max(list(STAGES).index(name) for name in names)
    return tuple(STAGES)[:last]


def check_draws(plan: Calibration, wanted: Sequence[str]) -> None:
    """Refuse an estimate from fewer draws than an emulator needs, before a bank is filled for it.

    Raises:
        BankError: naming how many draws there are and how many are needed.
    """
    from coprod_abm.calibration.emulator import FEWEST_DRAWS

    theories = plan.bank.theories
    own = plan.bank.draws // len(theories)
    if "cases" in wanted and own < FEWEST_DRAWS:
        raise BankError(
            f"{plan.bank.draws:,} draws over {len(theories)} theories leave {own:,} to theory={plan.theory}, under which "
            f"parameters are estimated; an estimate needs {FEWEST_DRAWS}. Ask for draws={FEWEST_DRAWS * len(theories)} or "
            f"more, or fewer theories (theories={plan.theory}), or only for the bank (stages=prior)."
        )


def do_stage(name: str, plan: Calibration) -> str:
    """Do a stage unless its files are there and made from the same; what came of it, in words.

    Raises:
        RunError: when a package that it needs is not installed.
    """
    stage = STAGES[name]
    stamp, key = plan.out / STAMPS / f"{name}.json", key_of_stage(name, plan)
    if name != "bank" and is_done(stamp, key, stage, plan.out):
        return "is there already"
    try:
        work: Callable[[Calibration], str] = getattr(
            import_module(f"coprod_abm.experiments.{stage.module}"), stage.function
        )
        found = work(plan)
    except ModuleNotFoundError as error:
        raise RunError(
            f"The stage {name} needs the package {error.name}, which is not installed here. Install it with "
            f"pip install {error.name}, or end before it (stages=...)."
        ) from None
    stamp.parent.mkdir(parents=True, exist_ok=True)
    whole_file(stamp, (json.dumps({"key": key, "ended": now(), "told": found}, indent=1) + "\n").encode())
    return found


def is_done(stamp: Path, key: str, stage: Stage, out: Path) -> bool:
    """Whether a stage was done from the same inputs, and its files are there."""
    if not stamp.exists() or not all((out / file).exists() for file in stage.leaves):
        return False
    try:
        return bool(json.loads(stamp.read_text(encoding="utf-8"))["key"] == key)
    except (json.JSONDecodeError, KeyError):
        return False


def key_of_stage(name: str, plan: Calibration) -> str:
    """A hash of what a stage depends on: bank, targets, held-out figures, and the keys of this and all earlier stages."""
    names = list(STAGES)
    keys = sorted({key for each in names[: names.index(name) + 1] for key in STAGES[each].keys})
    told = {**plan.settings, "theory": plan.theory}
    targets = plan.bank.targets.astype(str).to_dict("records")
    inputs = [source_fingerprint(), plan.bank.facts["hashes"], plan.bank.draws, plan.seed, targets]
    return hash_of([inputs, list(plan.bank.theories), {key: told[key] for key in keys}])


# ---- the bank ----


def bank_stage(plan: Calibration) -> str:
    """Fill the bank, and say in the folder what was asked for."""
    from coprod_abm.experiments.sweep_job import executor, many

    plan.out.mkdir(parents=True, exist_ok=True)
    run_chunks = executor(SimpleNamespace(settings=plan.settings))  # type: ignore[arg-type]
    if not is_compiled() and not is_filled(plan):
        print("Compiling the model once, about half a minute; later runs start at once.", flush=True)
    with told_progress(plan.bank.runs, "Filling the bank") as progress:

        def listener(before: int, label: str) -> Report:
            return progress.part(before, label)

        fill_bank(
            plan.out, plan.bank, plan.settings["threads"], listener, run_chunks, plan.settings["anew"], plan.command
        )
    study = {
        "settings": dict(plan.settings),
        "hashes": plan.bank.facts["hashes"],
        **provenance(list(plan.command)),
    }
    whole_file(plan.out / STUDY, (json.dumps(study, indent=1, ensure_ascii=False, default=str) + "\n").encode())
    cases, targets = many(len(plan.bank.cases), "case"), many(len(plan.bank.targets), "target")
    return f"{many(plan.bank.draws, 'draw')} in {cases}; {targets} in {TARGETS}"


def is_filled(plan: Calibration) -> bool:
    """Whether the folder holds a finished bank of as many draws."""
    return (plan.out / FACTS).exists() and read_facts(plan.out)["draws"] == plan.bank.draws
