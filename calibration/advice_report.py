"""Advice on surveys in plain language: which, where, when, of how many people, what it would tell, whether it decides."""

from collections.abc import Mapping, Sequence

from coprod_abm.calibration.advice import Survey
from coprod_abm.calibration.best_surveys import Chosen
from coprod_abm.calibration.survey_choice import Case
from coprod_abm.instruments import INSTRUMENTS

NOTHING = "No survey within the budget would tell more than the error of this estimate."


def advice_told(chosen: Sequence[Chosen], uncertainty: float) -> str:
    """The best set of surveys as a table; ``uncertainty`` is the entropy of the theory probabilities (nats)."""
    if not chosen:
        return NOTHING
    lines = [
        "| survey | information about theories so far (nats) | right theory leads | reaches .9 | about parameters (nats) |",
        "|---|---|---|---|---|",
    ]
    for each in chosen:
        worth = each.worth
        lines.append(
            f"| {each.survey.words} | {worth.theory:.2f} ± {worth.theory_error:.2f} of {uncertainty:.2f} | "
            f"{worth.right:.0%} | {worth.sure:.0%} | "
            f"{worth.parameters:.2f} ± {worth.parameters_error:.2f} |"
        )
    return "\n".join(lines)


def surveys_told(case: Case, chances: Mapping[str, float], published: set[tuple[str, str]]) -> str:
    """What to ask, where, when and of how many people, and what it would change."""
    if not case.best:
        return f"**{NOTHING}**"
    last = case.best[-1].worth
    asks = [f"{k}. {asked_told(each.survey)}" for k, each in enumerate(case.best, 1)]
    again = [each.survey for each in case.best if (each.survey.measure, each.survey.wave) in published]
    note = (
        f"{len(again)} of {len(case.best)} ask once more what was published for these waves: more answers or finer "
        "breakdowns of the same wave, where the raw data can be had. `measures=all waves=all` weighs what was not published."
    )
    change = (
        f"{sum(each.survey.cost for each in case.best):,} respondents in all. Now the right theory leads with chance "
        f"{max(chances.values()):.0%}; with these surveys with {last.right:.0%}, and it reaches the probability .9 that "
        f"a declaration needs with {last.sure:.0%}."
    )
    return "\n".join(
        [
            f"**The {len(asks)} surveys to hold:**" if len(asks) > 1 else "**The survey to hold:**",
            "",
            *asks,
            "",
            change,
            *([note] if again else []),
        ]
    )


def asked_told(survey: Survey) -> str:
    """A survey with its question, year, cases and respondents."""
    known = INSTRUMENTS.get(survey.measure)
    question = f'{survey.measure} ("{known.label}")' if known else survey.measure
    each = "each of " if len(survey.cases) > 1 else ""
    return f"{question}, {survey.wave}: {survey.respondents:,} respondents in {each}{', '.join(survey.cases)}"


def decides_told(case: Case) -> str:
    """Whether anything on the list would decide."""
    number, worth = case.everything
    together = (
        f"All {number} measures and waves of the list together, each in every case and with the most respondents, would tell "
        f"{worth.theory:.2f} ± {worth.theory_error:.2f} nats and bring the right theory to .9 with chance {worth.sure:.0%}."
    )
    if not case.decides:
        return f"**Nothing on this list would decide between the theories, more likely than not.** {together}"
    return together


def choice_told(case: Case) -> str:
    """The set beside naive choices, on draws that took no part in the choice."""
    if not case.best:
        return ""
    worth, (alone, naive) = case.best[-1].worth, case.naive
    same = {each.survey for each in case.best} == set(alone)
    beside = (
        "these are also the ones that are best one by one"
        if same
        else f"the {len(alone)} that are best one by one would tell {naive.theory:.2f} ± {naive.theory_error:.2f}"
    )
    return (
        f"Judged on simulated surveys that took no part in the choice, the set tells {worth.theory:.2f} ± "
        f"{worth.theory_error:.2f} nats; {beside}, as many drawn by lot {case.lots[0]:.2f} ± {case.lots[1]:.2f}."
    )


def more_told(case: Case) -> str:
    """What fewer or more respondents would change."""
    lines = [
        "| respondents | information about theories (nats) | right theory leads | reaches .9 |",
        "|---|---|---|---|",
    ]
    total = sum(each.survey.cost for each in case.best)
    for times, worth in case.more.items():
        lines.append(
            f"| {total * times:,.0f} ({times:g} times) | {worth.theory:.2f} ± {worth.theory_error:.2f} | {worth.right:.0%} | "
            f"{worth.sure:.0%} |"
        )
    return "\n".join(lines) if case.best else ""
