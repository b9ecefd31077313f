"""The work of `coprod compare check`: what the comparison says of figures whose truth is known, on the bank at hand."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.calibration.bank import Bank, BankError
from coprod_abm.calibration.stacked import Figures, stacked
from coprod_abm.calibration.theory_trials import (
    Outcome,
    clone_trials,
    least_draws,
    leave_out_trials,
    outsider_trials,
    own_trials,
    summary_of_trials,
    table_of_trials,
    theories_for_clones,
)
from coprod_abm.experiments.compare_job import folders, read
from coprod_abm.experiments.compare_kept import Kept
from coprod_abm.experiments.compare_parts import kept_of
from coprod_abm.experiments.compare_settings import at_least
from coprod_abm.experiments.provenance import write_provenance
from coprod_abm.store_files import whole_file

PAGE = "known_truths.md"
Trials = Callable[[Bank, Figures, int, int, int], Iterator[Outcome]]
HEAD = """## What the comparison says of figures whose truth is known

Simulated figures with the gaps and errors of the published ones; their draws took no part in teaching."""
SHARE = (
    "Share: mean probability of the true theory; of one theory with two names, that of the first within the pair (half, "
    "where names mean nothing)."
)
TRIALS: dict[str, Trials] = {
    "outsiders": outsider_trials,
    "clones": clone_trials,
    "theories": own_trials,
}


def check(settings: dict[str, Any], command: list[str]) -> None:
    """Try the comparison on figures of known truth, with the gaps and errors of the published ones; finished kinds are kept.

    Raises:
        BankError, RunError: naming value, rule and way out.
    """
    for key, least in (("sets", 1), ("left_out", 0), ("surveys", 400)):
        at_least(settings, key, least)
    place, out = folders(settings)
    bank, figures = read(place, settings["theories"])
    check_clones(bank)
    kept = kept_of(place, stacked(bank).theories)
    inputs = [settings["sets"], settings["seed"], settings["surveys"]]
    made = []
    for name, trials in TRIALS.items():
        print(f"Figures of {name} ...", flush=True)
        made.append(kept.table(f"known-{name}", inputs, partial(tried, trials, bank, figures, inputs)))
    table = pd.concat(made, ignore_index=True)
    left = leaving_out(bank, figures, settings, kept) if settings["left_out"] else None
    out.mkdir(parents=True, exist_ok=True)
    table.to_csv(out / "known_truths.csv", index=False, float_format="%.6g")
    if left is not None:
        left.to_csv(out / "known_left_out.csv", index=False, float_format="%.6g")
    text = page(table, left)
    whole_file(out / PAGE, f"{text}\n".encode())
    write_provenance(out, command, "known_truths.json", settings=settings)
    print(f"\n{text}\n\nResults: {out}.")


def tried(trials: Trials, bank: Bank, figures: Figures, inputs: Sequence[int]) -> pd.DataFrame:
    """The outcomes of one kind, one row each."""
    sets, seed, surveys = inputs
    return table_of_trials(list(trials(bank, figures, sets, seed, surveys)))


def leaving_out(bank: Bank, figures: Figures, settings: dict[str, Any], kept: Kept) -> pd.DataFrame:
    """Every case left out, for sets of known truth."""
    print("Leaving every case out ...", flush=True)
    number, seed = settings["left_out"], settings["seed"]
    return kept.table("known-left-out", [number, seed], partial(leave_out_trials, bank, figures, number, seed))


def check_clones(bank: Bank) -> None:
    """Refuse a bank in which no theory has the draws that two names of it need.

    Raises:
        BankError: with the number of draws.
    """
    name, _ = theories_for_clones(bank)
    most, least = int((bank.theory == name).sum()), least_draws(stacked(bank))
    if most < least:
        raise BankError(
            f"A theory under two names needs {least} draws; {name}, which has most, has {most}. Let the bank grow (draws=)."
        )


def page(table: pd.DataFrame, left: pd.DataFrame | None) -> str:
    """What was found, in plain language."""
    lines = [
        f"{HEAD}\n",
        "| figures of | sets | flagged: no theory adequate | declared | declared wrongly | right theory leads | its share |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in summary_of_trials(table).to_dict("records"):
        right, share = ("" if np.isnan(row[key]) else f"{row[key]:.0%}" for key in ("right", "share"))
        lines.append(
            f"| {row['kind']} | {row['sets']} | {row['flagged']:.0%} | {row['declared']:.0%} | {row['wrongly']:.0%} | {right} "
            f"| {share} |"
        )
    parts = ["\n".join(lines), SHARE]
    if left is not None:
        parts.append(
            f"Every case left out, {len(left)} sets: the right theory predicts best in {left['right'].mean():.0%}, a wrong one "
            f"is ahead by more than two standard errors in {left['wrong'].mean():.0%}; {left['covered'].mean():.0%} of the "
            "left-out figures lie within the 90 % intervals of the right theory."
        )
    return "\n\n".join(parts)
