"""What each step of a study found, in plain words, from its tables alone; nothing here runs the model."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from coprod_abm.calibration.identified import LEARNED, NOT_IDENTIFIED, PARTLY
from coprod_abm.experiments.calibrate_words import joint_told
from coprod_abm.experiments.figure_sensitivity_table import at_end, of_index, ranked_by, read_study, told_apart
from coprod_abm.experiments.pack.story import Story, story_of
from coprod_abm.experiments.pack.words import CLEAR, PackWords
from coprod_abm.experiments.run_tables import ANCHORED
from coprod_abm.experiments.scenario_arms import Arms, read_arms
from coprod_abm.experiments.study_names import Names
from coprod_abm.experiments.sweep_job import many
from coprod_abm.experiments.whole_study.steps import STEPS
from coprod_abm.theories import theory_file

UNLIKE_PROJECTS = (
    "The measures describe everybody in a region, a country or an organisation, not the people of a co-production project. "
    "What is learned from them is what makes the model move as these figures did; that people in projects behave so is an "
    "assumption."
)


def simulation_found(out: Path) -> list[str]:
    """How many published figures lie in the band of the runs, case by case."""
    folder = out / STEPS["simulation"].folder
    facts, table = read_json(folder / "provenance.json"), pd.read_parquet(folder / "tables" / "published.parquet")
    shown = table[(table["levels"] == ANCHORED) & (table["role"] == "compared")] if len(table) else table
    head = (
        f"{facts['replicates']} runs of each case, seed {facts['seed']}, stated defaults. Levels are set to the first "
        "published wave of each measure, which is no test; what can be compared is how each measure moves from there."
    )
    if shown.empty:
        return [head, "No published figure lies within the simulated years."]
    inside, number = int(shown["within"].sum()), len(shown)
    cases = shown.groupby("case", sort=False)["within"].agg(["sum", "size"])
    listed = ", ".join(f"{case} {int(row['sum'])} of {int(row['size'])}" for case, row in cases.iterrows())
    return [
        (
            f"**{inside} of {number} later published figures ({inside / number:.0%}) lie in the band of 90 % of the runs.** "
            "If the model were right in every detail, nine in ten would."
        ),
        head,
        f"By case: {listed}.",
    ]


def sensitivity_found(out: Path) -> list[str]:
    """Which family of mechanisms moves which outcome most, and in how many cases."""
    study, names = read_study(out / STEPS["sensitivity"].folder), Names("en")
    rows = at_end(study.indices)
    index = ranked_by(rows)
    facts = study.facts
    lines = [
        (
            f"{facts['runs']:,} runs: {facts['points']} settings of all parameters over their ranges, {facts['replicates']} "
            f"runs of each in every case, seed {facts['seed']} (method {facts['method']}, n = {facts['n']})."
        )
    ]
    for measure, own in rows.groupby("measure", sort=False):
        lines.append(f"* {leaders(str(measure), own, index, names)}")
    lines.append(
        "These are effects over the whole declared ranges, in the model. They say what to look at closely, not what works in "
        "practice."
    )
    return lines


def leaders(measure: str, rows: pd.DataFrame, index: str, names: Names) -> str:
    """The family that is strongest for one outcome, counted over cases."""
    first = []
    for _, own in rows.groupby("case", sort=False):
        clear = told_apart(of_index(own, index))
        first.append(str(clear["parameter"].iloc[0]) if len(clear) else "")
    counts = pd.Series([name for name in first if name]).value_counts()
    what = names.capital(names.measure(measure))
    if counts.empty:
        return f"**{what}**: nothing can be told from luck with so few runs."
    told = ", ".join(f"{names.parameter(str(name))} in {number}" for name, number in counts.items())
    luck = len(first) - int(counts.sum())
    rest = f"; in {luck} nothing can be told from luck" if luck else ""
    return f"**{what}**: of {len(first)} cases, strongest is {told}{rest}."


def calibration_found(out: Path) -> list[str]:
    """What was learned of parameters, whether the chains agree, and whether held-out figures were predicted."""
    folder = out / STEPS["calibration"].folder
    sampling, learned = read_json(folder / "sampling.json"), pd.read_csv(folder / "together.csv", keep_default_na=False)
    bank = read_json(folder / "bank.json")
    shared = learned[learned["level"] == "shared"]
    counts = {label: int((shared["label"] == label).sum()) for label in (LEARNED, PARTLY, NOT_IDENTIFIED)}
    believed = (
        "The sampling of all cases together converged."
        if sampling["good"]
        else "**The sampling of all cases together did NOT converge: its numbers must not be used.**"
    )
    return [
        (
            f"**Of {len(shared)} parameters that all cases share, the measures inform {counts[LEARNED]} well, "
            f"{counts[PARTLY]} partly and {counts[NOT_IDENTIFIED]} next to nothing.** {believed} {joint_told(folder)}"
        ),
        (
            f"{bank['draws']:,} settings drawn from stated priors over {len(bank['theories'])} theories, each simulated once "
            f"in every case; parameters are estimated under the theory '{bank['theories'][0]}'."
        ),
        held_out_told(pd.read_csv(folder / "predicted.csv")),
        coverage_told(folder),
        UNLIKE_PROJECTS,
    ]


def held_out_told(predicted: pd.DataFrame) -> str:
    """How many held-out readings lie where they were predicted."""
    known = predicted[predicted["observed"].notna() & predicted["held_out"].astype(bool)]
    if known.empty:
        return "No reading was held out, so that nothing here shows whether the model predicts."
    inside = int(known["observed"].between(known["q05"], known["q95"]).sum())
    return (
        f"{inside} of {len(known)} readings that were held out lie in their 90 % predictions ({inside / len(known):.0%}). Wide "
        "predictions hold much and say little: the next step sets them against predictions without a mechanism."
    )


def coverage_told(folder: Path) -> str:
    """How far the intervals can be trusted."""
    coverage = pd.read_csv(folder / "coverage.csv")
    sets = int(coverage["sets"].max())
    few = " That is too few to see anything but gross errors." if sets < 100 else ""
    return (
        f"On up to {sets} simulated data sets with known truth, intervals of single cases that should hold the truth in 90 % "
        f"held it in {coverage['coverage_90'].mean():.0%} on average.{few}"
    )


def theories_found(out: Path) -> list[str]:
    """The verdict on rival explanations, with its error rate."""
    folder = out / STEPS["theories"].folder
    known, table = read_json(folder / "comparison.json"), pd.read_csv(folder / "probabilities.csv")
    tested = known["tested"]
    rows = [
        f"| {row.theory} | {row.probability:.2f} | {row.low:.2f} to {row.high:.2f} |"
        for row in table.sort_values("probability", ascending=False).itertuples()
    ]
    return [
        f"**{known['verdict']['words']}**",
        "\n".join(["| explanation | probability | range over classifiers |", "|---|---|---|", *rows]),
        (
            f"On {tested['surveys']:,} simulated sets of figures of which the explanation was known, the wrong one was named "
            f"in {1 - tested['accuracy']:.0%} (guessing: {1 - 1 / len(table):.0%}). The probabilities hold if one of these "
            f"explanations is true. 'all' means all mechanisms together. {known['settings']['classifiers']} classifiers, "
            f"seed {known['settings']['seed']}."
        ),
        beaten_told(folder),
        "\n".join(["What the explanations claim:", "", *(f"* {name}: {claim_of(name)}" for name in table["theory"])]),
    ]


def claim_of(theory: str) -> str:
    """What a theory claims, in the first sentence of its file."""
    lines = theory_file(theory).read_text(encoding="utf-8").splitlines()
    text = " ".join(line.lstrip("# ") for line in lines if line.startswith("#"))
    return re.sub(r"^T\d, [^:]+: ", "", text.partition(". ")[0].rstrip(".")) + "."


def beaten_told(folder: Path) -> str:
    """What the comparison says of predictions without a mechanism."""
    text = (folder / "theories.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("* ") and "(CRPS)" in line]
    return "\n".join(lines)


def surveys_found(out: Path) -> list[str]:
    """Which surveys to hold next, and whether they would decide."""
    text = (out / STEPS["surveys"].folder / "advice.md").read_text(encoding="utf-8")
    parts = [part for part in text.split("\n\n") if not part.startswith(("#", "|", "The most that", "By nested"))]
    return [part for part in parts if not part.startswith(("Now:", "Before any", "Best set", "The same surveys"))]


def scenarios_found(out: Path) -> list[str]:
    """Every scenario's answers as headlines, with counts of what the model can and cannot tell."""
    words, lines = PackWords("en"), []
    for found in arms_of(out):
        story = story_of(found, words)
        lines += [f"### {story.title}", f"*{story.question}*", made_told(found)]
        lines.append("\n".join(f"* {one.headline}. {one.text}" for one in story.told if one.finding.verdict in CLEAR))
        lines.append(open_told(story, words))
    return [line for line in lines if line]


def open_told(story: Story, words: PackWords) -> str:
    """What stays open, each sentence once with the ways that it holds for; nothing where all is clear."""
    ways: dict[str, list[str]] = {}
    for one in story.told:
        if one.finding.verdict not in CLEAR:
            ways.setdefault(words.measure(one.finding.measure) + ": " + words.verdict(one.finding.verdict), []).append(
                words.quoted(story.evidence.way(one.finding.way, words.language))
            )
    lines = [f"* {told} ({', '.join(names)})" for told, names in ways.items()]
    return "\n".join(["No clear difference:", "", *lines]) if lines else ""


def made_told(found: Arms) -> str:
    """How a scenario was made."""
    facts = found.facts
    chosen = (
        "draws of the calibration"
        if facts["draws"]
        else "stated defaults, since the calibration gave no draws to rely on"
    )
    return (
        f"{facts['replicates']} simulated futures of each way in {', '.join(facts['cases'])}, seed {facts['seed']}; parameters "
        f"are {chosen}. Every way meets the same chance events, so differences are effects in the model and not luck."
    )


def arms_of(out: Path) -> list[Arms]:
    """The scenarios that were run."""
    folder = out / STEPS["scenarios"].folder
    return [read_arms(file.parent) for file in sorted(folder.glob("*/scenario.yaml"))]


def read_json(file: Path) -> Any:
    """What a JSON file holds."""
    return json.loads(file.read_text(encoding="utf-8"))


FOUND: dict[str, Callable[[Path], list[str]]] = {
    "simulation": simulation_found,
    "sensitivity": sensitivity_found,
    "calibration": calibration_found,
    "theories": theories_found,
    "surveys": surveys_found,
    "scenarios": scenarios_found,
}


def in_short(found: Mapping[str, Sequence[str]], out: Path) -> list[str]:
    """The main finding of each step as one line."""
    scenarios = arms_of(out)
    every = [one for arms in scenarios for one in story_of(arms, PackWords("en")).told]
    clear = sum(one.finding.verdict in CLEAR for one in every)
    first = {
        name: next(line for line in found[name] if line.startswith("**"))
        for name in ("simulation", "calibration", "theories")
    }
    strongest = [line.removeprefix("* ") for line in found["sensitivity"] if line.startswith("* ")]
    return [
        f"* Simulation: {bare(first['simulation'])}",
        f"* What drives outcomes: {bare(' '.join(strongest))}",
        f"* Calibration: {bare(first['calibration'])}",
        f"* Rival explanations: {bare(first['theories'])}",
        f"* What to measure next: {bare(next_told(found['surveys']))}",
        f"* Scenarios: clear differences in {clear} of {many(len(every), 'comparison')}, {many(len(scenarios), 'scenario')}.",
    ]


def next_told(lines: Sequence[str]) -> str:
    """The first survey to hold, and whether the list would decide."""
    asked = next((line for part in lines for line in part.splitlines() if line.startswith("1. ")), "")
    undecided = next((line for line in lines if line.startswith("**Nothing on this list")), "")
    verdict = undecided.split("**")[1] if undecided else ""
    return f"{asked.removeprefix('1. ')}. {verdict}".strip() if asked else lines[0]


def bare(text: str) -> str:
    """A sentence without marks of emphasis."""
    return text.replace("**", "")
