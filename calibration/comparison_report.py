"""What the comparison of theories allows to be said, in plain language; no probability without its error rate."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from coprod_abm.calibration.advice_report import asked_told
from coprod_abm.calibration.best_surveys import Chosen
from coprod_abm.calibration.comparison import Comparison
from coprod_abm.calibration.scores import CASE_OUT, LATE, crps_gain, fold_scores, lead_of, summary_of
from coprod_abm.calibration.theory_classifier import Tested
from coprod_abm.calibration.verdict import NONE_ADEQUATE, UNDECIDED

MODEL_ERROR = "model error exceeds signal"


def told(found: Comparison, tested: Tested, advice: Sequence[Chosen] = ()) -> str:
    """The report of a comparison as Markdown."""
    parts = [
        "## Rival theories",
        f"**{found.verdict.words}**",
        *_what_would_decide(found, advice),
        probabilities_told(found.probabilities, tested),
        adequacy_told(found),
        "### Out of sample",
        skill_told(found.scores),
        skill_table(found.scores),
        stacking_told(found.weights),
    ]
    return "\n\n".join(part for part in parts if part)


def probabilities_told(table: pd.DataFrame, tested: Tested) -> str:
    """Theory probabilities with their range over classifiers and the error rate of the test."""
    lines = ["| theory | probability | range over classifiers |", "|---|---|---|"]
    lines += [
        f"| {row.theory} | {row.probability:.2f} | {row.low:.2f} to {row.high:.2f} |"
        for row in table.sort_values("probability", ascending=False).itertuples()
    ]
    return "\n".join([*lines, "", error_rate_told(tested, len(table))])


def error_rate_told(tested: Tested, theories: int) -> str:
    """How often the classifier is wrong on surveys of which the theory is known."""
    sure = (
        f"Where it gave its favourite at least .9 ({tested.sure:.0%} of them) it was wrong in "
        f"{1 - tested.sure_accuracy:.1%}."
        if tested.sure > 0
        else "It never gave its favourite .9: these figures cannot tell the theories apart."
    )
    return (
        f"Error rate: on {tested.surveys:,} simulated surveys that it had not seen, the classifier named the wrong "
        f"theory in "
        f"{1 - tested.accuracy:.0%} (guessing: {1 - 1 / theories:.0%}). {sure} Calibration error "
        f"{tested.calibration_error:.3f}, Brier score "
        f"{tested.brier:.2f}, log loss {tested.log_loss:.2f} (guessing: {np.log(theories):.2f}). These hold if one of "
        f"the theories is true."
    )


def adequacy_told(found: Comparison) -> str:
    """Whether the theories come near the figures at all."""
    lines = []
    for name, one in found.adequacy.items():
        check = found.checks[name]
        usual = "figures like these are usual" if one.adequate else f"figures like these are unusual ({one.farthest})"
        again = "gives them back when fitted" if check.passes else "does not give them back when fitted"
        lines.append(f"* {name}: {usual} (chance {one.chance:.3f}); it {again} (chance {check.chance:.3f}).")
    if found.verdict.status == NONE_ADEQUATE:
        lines.append("\nThe probabilities above say which theory is least far away, not that any is near.")
    return "\n".join(lines)


def skill_told(scores: pd.DataFrame) -> str:
    """Whether the best theory beats the predictions without a mechanism, task by task; and whether any other one does."""
    lines = []
    for task, what in ((CASE_OUT, "cases left out"), (LATE, "late waves held out")):
        own = summary_of(scores[scores["task"] == task])
        if own.empty:
            continue
        theories = own[own["is_theory"]].sort_values("crps")["forecaster"].astype(str)
        rivals = own.loc[~own["is_theory"], "forecaster"].astype(str)
        best = theories.iloc[0]
        gains = {name: crps_gain(scores, task, best, name) for name in rivals}
        worse = [repr(name) for name, (_, _, high) in gains.items() if high < 0.0]
        alike = [repr(name) for name, (_, low, high) in gains.items() if low <= 0.0 <= high]
        told = f"* {what}, figure by figure (CRPS): the best theory ({best})"
        if not worse and not alike:
            lines.append(f"{told} beats every prediction without a mechanism.")
        if worse:
            lines.append(f"{told} predicts **worse** than {', '.join(worse)}.")
        if alike:
            lines.append(f"{told} does **not** clearly beat {', '.join(alike)}.")
        behind = [name for name in theories if any(crps_gain(scores, task, name, each)[2] < 0.0 for each in rivals)]
        if len(behind) > 1:
            lines.append(f"  Clearly worse than one of them: {_all_or(behind, list(theories))}.")
        lines.append(together_told(scores, task, best, list(rivals)))
    lines.append("A theory that does not beat them has shown no more than that it can be fitted.")
    return "\n".join(lines)


def together_told(scores: pd.DataFrame, task: str, best: str, rivals: Sequence[str]) -> str:
    """The same by the log score of all held-out figures of a case together."""
    table = fold_scores(scores, task)
    leads = [lead_of(table, best, name) for name in rivals]
    is_one = len(table) < 2
    shown = ", ".join(
        f"{lead.difference:+.0f}{'' if is_one else f' ± {lead.error:.0f}'} on {lead.second!r}" for lead in leads
    )
    error = "of one case, so that no error can be given" if is_one else "± standard error"
    return (
        f"  All figures of a case together (log score, {error}): {shown}. Predictions without a mechanism take "
        f"errors of a case's figures as independent, which costs them in this score."
    )


def _all_or(names: Sequence[str], every: Sequence[str]) -> str:
    return "every theory" if len(names) == len(every) else ", ".join(names)


def courses_told(courses: pd.DataFrame) -> str:
    """How many held-out figures lie where each theory expects them, and which no theory does."""
    out = courses[courses["held_out"]]
    if out.empty:
        return ""
    inside = out["published"].between(out["low"], out["high"])
    shares = inside.groupby(out["theory"], sort=False).mean()
    shown = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    number = out[["case", "measure", "wave"]].drop_duplicates().shape[0]
    never = ~inside.groupby([out["measure"], out["wave"], out["case"]], sort=False).any()
    missed = [f"{measure} {wave} of {case}" for measure, wave, case in never.index[never.to_numpy()]]
    more = f" Expected by no theory: {'; '.join(missed)}." if missed else " Each of them was expected by some theory."
    return (
        f"Of {number} late figures that were held out, within the 90 % intervals of: {shown}.{more} Figures fit-CASE show "
        "every measure with held-out points marked; fit.csv holds the numbers."
    )


def skill_table(scores: pd.DataFrame) -> str:
    """Scores of all theories and baselines."""
    lines = [
        "| task | forecaster | log score | CRPS (logits) | within 90 % intervals | figures |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.task} | {row.forecaster} | {row.log_score:.1f} | {row.crps:.3f} | {row.covered:.0%} | {row.figures} |"
        for row in summary_of(scores).sort_values("task", kind="stable").itertuples()
    ]
    return "\n".join(lines)


def stacking_told(weights: Mapping[str, float]) -> str:
    """Stacking weights in one sentence."""
    shown = [
        f"{name} {weight:.2f}" for name, weight in sorted(weights.items(), key=lambda pair: -pair[1]) if weight >= 0.005
    ]
    return f"The mixture that would have predicted left-out cases best: {', '.join(shown)}."


def model_error_told(errors: Mapping[str, tuple[float, float, float]]) -> str:
    """Size of the model's error per measure beside what the cases differ by."""
    lines = [
        "### What the model gets wrong",
        "| measure | model error (SD, logits) | SD between cases | |",
        "|---|---|---|---|",
    ]
    for name, (size, upper, signal) in errors.items():
        word = f"**{MODEL_ERROR}**: the model does not explain {name}" if size > signal else ""
        between = "one case" if np.isnan(signal) else f"{signal:.2f}"
        lines.append(f"| {name} | {size:.2f} (up to {upper:.2f}) | {between} | {word} |")
    return "\n".join([lines[0], "", *lines[1:]])


def identified_told(gains: Mapping[str, float], least: float = 0.1) -> str:
    """Parameters of which the figures say little: the share of their prior SD that is gone is below ``least``."""
    unknown = [name for name, gain in gains.items() if gain < least]
    if not unknown:
        return "The figures inform every shared parameter."
    return f"not identified (SD falls by less than {least:.0%} of the prior's): {', '.join(unknown)}."


def _what_would_decide(found: Comparison, advice: Sequence[Chosen]) -> list[str]:
    if found.verdict.status != UNDECIDED:
        return []
    if not advice:
        return ["What would decide: `coprod compare advise` weighs further surveys."]
    lines = "\n".join(f"* {asked_told(each.survey)}" for each in advice)
    worth = advice[-1].worth
    words = (
        f"The right theory would then lead with chance {worth.right:.0%} and reach .9 with chance {worth.sure:.0%}. `coprod "
        "compare advise` weighs other measures, years, cases and numbers of respondents."
    )
    return [f"The {len(advice)} surveys among those of the bank that would tell most:", lines, words]
