"""`coprod study`: the whole study of the cases in one folder, step by step; it goes on after a kill."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from coprod_abm.experiments.whole_study.steps import STEPS

if TYPE_CHECKING:
    from coprod_abm.experiments.whole_study.record import Record

INTERRUPTED = 130
HELP = """coprod study: simulation, screening, calibration, rival theories, next surveys, scenarios and one report

usage: coprod study [budget=quick|full] [key=value ...] [--dry-run]

Keys
$KEYS

Steps, in their order; any key of a step's own command is set as STEP.KEY=value
$STEPS

Examples
  coprod study out=first                                    # a first look, within ten minutes on two processors
  coprod study budget=full --dry-run                        # sizes and hours of the real thing; nothing is done
  coprod study budget=full out=real
  coprod study case=SE-JKP,SE-HAL calibration.theories=all,relational,resource scenarios.scenario=sponsor_loss out=two

Kill it at any moment: the same command in the same out= goes on, and what is finished is not done again. The folder holds
report.html, each step's results in a folder of their own with its command, and ro-crate-metadata.json, which says what each
file is and what made it. docs/study.md says more."""


def main(words: Sequence[str]) -> int:
    """Do a whole study, or go on with one; 130 when interrupted.

    Raises:
        RunError, CaseError and what the steps refuse: before anything is done, naming value, rule and way out.
    """
    if set(words) & {"-h", "--help"}:
        print(help_text())
        return 0
    from coprod_abm.experiments.whole_study.checks import checked
    from coprod_abm.experiments.whole_study.forecast import forecast
    from coprod_abm.experiments.whole_study.record import begun
    from coprod_abm.experiments.whole_study.settings import place_of, settings_of
    from coprod_abm.provenance import command_line

    settings, command = settings_of(words), command_line()
    sizes = checked(settings)
    if settings["dry_run"]:
        print(forecast(settings, sizes))
        print("Nothing was run or written. Leave --dry-run away to begin.")
        return 0
    record = begun(place_of(settings), settings, command)
    left = [name for name in STEPS if not record.is_done(name)]
    if left:
        print(forecast(settings, sizes, left), flush=True)
    return stepwise(record, left)


def stepwise(record: "Record", left: Sequence[str]) -> int:
    """Do the steps that are left, then the report and the metadata."""
    from coprod_abm.experiments.whole_study.crate import write_crate
    from coprod_abm.experiments.whole_study.report import write_report

    for number, name in enumerate(STEPS, 1):
        print(f"\n[{number} of {len(STEPS)}] {STEPS[name].title}: {STEPS[name].does}", flush=True)
        if name not in left:
            print("  is there already")
            continue
        try:
            code = record.do(name)
        except (KeyboardInterrupt, SystemExit):
            code = INTERRUPTED
        if code:
            return ended_early(record, name, code)
    write_report(record)
    write_crate(record)
    print(f"\nThe report: {record.out / 'report.html'}\nEverything: {record.out}")
    return 0


def ended_early(record: "Record", name: str, code: int) -> int:
    """Say how to go on after a step that did not end well."""
    what = "Interrupted" if code == INTERRUPTED else "Stopped"
    print(
        f"{what} in the step {name}. What is finished is kept in {record.out}; the same coprod study command goes on there.",
        file=sys.stderr,
    )
    return code


def help_text() -> str:
    """What `coprod study --help` shows."""
    from coprod_abm.experiments.whole_study.settings import KEYS

    keys = "\n".join(f"  {key:<9}{means}" for key, means in KEYS.items())
    steps = "\n".join(f"  {name:<13}coprod {' '.join(step.command)}: {step.does}" for name, step in STEPS.items())
    return HELP.replace("$KEYS", keys).replace("$STEPS", steps)
