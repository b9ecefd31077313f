"""`coprod scenarios`: named questions, each answered by arms on the same draws, as tables and pictures in two languages."""

import json
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from coprod_abm.compiled import is_compiled

if TYPE_CHECKING:
    from coprod_abm.experiments.progress import Progress, Report
    from coprod_abm.experiments.scenario_arms import Arms
    from coprod_abm.experiments.scenario_words import Order

WIDTH = 110


def main(words: Sequence[str]) -> None:
    """List the scenarios, or run those asked for and leave one folder, whole or not at all.

    Raises:
        RunError, CaseError, ParameterError, PresetError, OutputError: before anything is simulated.
    """
    if set(words) & {"-h", "--help"}:
        print(help_text())
        return
    if not words:
        print(overview())
        return
    from coprod_abm.experiments.scenario_words import order_of

    run_order(order_of(words))


def overview() -> str:
    """Every shipped scenario with its question and its arms."""
    from coprod_abm.experiments.scenario import load_scenario, scenarios

    lines = []
    for name in scenarios():
        found = load_scenario(name)
        arms = " | ".join(arm.title["en"] for arm in found.arms)
        told = textwrap.fill(f"{found.question['en']} [{arms}]", WIDTH, initial_indent="  ", subsequent_indent="  ")
        lines.append(f"{name}\n{told}")
    return "\n".join(
        [
            *lines,
            "",
            "Run one:    coprod scenarios scenario=sponsor_loss replicates=40 out=sponsor",
            "All keys:   coprod scenarios --help",
        ]
    )


def help_text() -> str:
    """Keys and examples."""
    from coprod_abm.experiments.scenario import scenarios
    from coprod_abm.experiments.scenario_words import KEYS

    keys = "\n".join(
        textwrap.fill(f"{key:<11} {means}", WIDTH, initial_indent="  ", subsequent_indent=" " * 14)
        for key, means in KEYS.items()
    )
    return (
        "usage: coprod scenarios [key=value ...]\n\n"
        "Without keys it lists the shipped scenarios with their questions. With scenario=NAME it simulates every arm of the\n"
        "scenario on the same draws, so that differences are effects and not luck, and leaves tables and pictures.\n\n"
        f"{keys}\n\n"
        "  A rule family (power=consensus), theory=NAME or a parameter (power.agenda_access=0.3) holds for all arms; what an\n"
        "  arm sets itself goes before it.\n\n"
        f"Scenarios: {', '.join(scenarios())}.\n\n"
        "Examples:\n"
        "  coprod scenarios scenario=sponsor_loss replicates=40 language=en\n"
        "  coprod scenarios scenario=pay_or_recognise case=SE-JKP,EN-LON out=pay\n"
        "  coprod scenarios scenario=my_question.yaml draws=posterior.parquet\n\n"
        "docs/scenarios.md says how to write a scenario and how to read the pictures."
    )


def run_order(order: "Order") -> None:
    """Simulate, tabulate and draw every scenario of an order."""
    from coprod_abm.experiments.progress import told_progress
    from coprod_abm.experiments.provenance import provenance
    from coprod_abm.experiments.run_folder import run_folder
    from coprod_abm.experiments.scenario_runs import run_arms

    runs = sum(len(scenario.arms) * (1 if scenario.together else len(cases)) for scenario, cases in order.scenarios)
    runs *= order.replicates
    print(announcement(order, runs), flush=True)
    began = time.monotonic()
    told: list[str] = []
    with run_folder(order.out) as folder:
        done = 0
        for scenario, cases in order.scenarios:
            facts = provenance(_command())
            with told_progress(runs) as progress:
                found = run_arms(
                    scenario, cases, order.replicates, order.seed, order.draws, order.every, order.base, order.threads,
                    _After(progress, done),
                )  # fmt: skip
            done += int(found.facts["runs"])
            keep(found, order, folder / scenario.name, facts)
            told.append(summary(found))
        (folder / "README.txt").write_text(CONTENTS, encoding="utf-8")
    if order.figures:
        told += film_told()
    print("\n".join(["", *told, "", f"Results: {order.out} ({time.monotonic() - began:.0f} s)"]))


def film_told() -> list[str]:
    """Why there are no MP4 files, where that is so."""
    import shutil

    from coprod_abm.experiments.picture_animation import NO_FFMPEG

    return [] if shutil.which("ffmpeg") else ["", NO_FFMPEG]


def _command() -> list[str]:
    from coprod_abm.experiments.provenance import command_line

    return command_line()


class _After:
    """A progress that has seen the runs of earlier scenarios."""

    def __init__(self, progress: "Progress", done: int) -> None:
        self.progress, self.done = progress, done

    def part(self, before: int, label: str) -> "Report":
        return self.progress.part(self.done + before, label)


def announcement(order: "Order", runs: int) -> str:
    """What is about to happen."""
    names = ", ".join(scenario.name for scenario, _ in order.scenarios)
    lines = [textwrap.fill(f"Simulating {names}: {runs} runs, {order.replicates} of each arm and case.", WIDTH)]
    if not is_compiled():
        lines.append("Compiling the model once, about a minute with its records; later runs start at once.")
    return "\n".join(lines)


def keep(found: "Arms", order: "Order", folder: Path, facts: dict[str, object]) -> None:
    """Write tables, settings of the arms and pictures of one scenario."""
    from coprod_abm.experiments.progress import told_progress
    from coprod_abm.experiments.scenario_arms import write_arms
    from coprod_abm.experiments.scenario_runs import plain

    write_arms(found, folder, facts)
    arms = {arm.name: {key: plain(value) for key, value in arm.values.items()} for arm in found.scenario.arms}
    (folder / "arms.json").write_text(json.dumps(arms, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if order.figures:
        from dataclasses import replace

        from coprod_abm.experiments.pictures import draw_pictures

        with told_progress(0, "Drawing pictures"):
            whole = replace(found, facts={**facts, **found.facts})
            draw_pictures(whole, folder / "figures", order.spoken, order.formats, order.font)


def summary(found: "Arms") -> str:
    """The scenario's verdicts at the end of the run, as a few lines for the terminal."""
    from coprod_abm.experiments.picture_score import alone, effect_of, last_effects
    from coprod_abm.experiments.picture_words import PictureWords

    words, effects = PictureWords("en"), last_effects(found)
    lines = [f"{words.title(found.scenario)} (against: {words.arm(found.scenario, found.scenario.arms[0].name)})"]
    for arm in found.scenario.arms[1:]:
        cells = []
        for name in found.scenario.outcomes:
            effect = effect_of(effects, arm.name, name)
            gap = words.gap(name, effect["difference"]) if effect["n"] else alone(effect, name, words)
            cells.append(f"{words.measure(name)}: {effect['verdict']} ({gap})")
        told = f"{words.arm(found.scenario, arm.name)}: {'; '.join(cells)}"
        lines.append(textwrap.fill(told, WIDTH, initial_indent="  ", subsequent_indent="    "))
    return "\n".join(lines)


CONTENTS = """Results of coprod scenarios: one folder per scenario. Every arm has the same draws, so differences are effects.

SCENARIO/scenario.yaml         the scenario as it was run
SCENARIO/arms.json             the parameters that each arm sets
SCENARIO/study.json            command, versions, commit, seed, runs, cases, how parameters were chosen
SCENARIO/trajectories.parquet  scenario, arm, case, replicate, week, measure, value
SCENARIO/levels.parquet        the same for the outcomes by level (local, regional, national)
SCENARIO/effects.csv           each arm against the first, paired run by run: difference, 95 % interval, share of futures that
                               are better, verdict (better, worse, higher, lower, about the same, cannot tell)
SCENARIO/seats.csv             shares of seats, talk and decisions by role
SCENARIO/network.csv           records of the first future: who answered whom; people.csv: who was there; meeting.csv: a meeting
SCENARIO/figures/NAME.LANG.*   pictures as PNG, SVG and PDF, in words (.txt), and the numbers behind them (NAME.csv)
SCENARIO/figures/network.LANG.gif  who answered whom over the half-years; also as .mp4 where ffmpeg is on the machine
"""
