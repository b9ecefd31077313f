"""The signatures of section 6 of the model's specification: interventions, outcomes, and what each theory predicts."""

from typing import NamedTuple

from coprod_abm.case import Event
from coprod_abm.experiments.study import Arm
from coprod_abm.simulate import SIX_YEARS
from coprod_abm.year import YEAR

START = YEAR  # interventions begin after a common first year,
YEAR_THREE = 104  # or at the beginning of year 3
NEVER_END = "participation.endings=0"  # a project that ended has no outcomes to compare

THEORIES = {
    "T1": "empowerment",
    "T2": "relational",
    "T3": "deliberative",
    "T4": "institutional",
    "T5": "resource",
    "T6": "tokenism",
    "ALL": "all",
}

OUTCOMES = {
    "efficacy, first half-year": "members' mean efficacy over the half-year after the start of the intervention",
    "efficacy, last year": "members' mean efficacy over the sixth year",
    "trust, first half-year": "members' mean trust over the half-year after the start",
    "trust, last year": "members' mean trust over the sixth year",
    "items pooled, first year": "items brought in that one side alone knew, in the year after the start",
    "implemented, first year": "changes implemented in the year after the start",
    "implemented, to the end": "changes implemented from the start to the end of year six",
    "attendance, last year": "share of citizens' seats attended in the sixth year",
    "seldom heard, of those attending": "share of the seldom heard among citizens at meetings in the sixth year",
    "fairness, last year": "fairness felt by citizen members, sixth year",
    "influence of citizens": "implemented changes that citizens proposed, from the start to the end of year six",
    "needs met, seldom heard": "needs met of the two seldom-heard groups at the end of year six",
    "efficacy, seldom heard": "mean efficacy of the seldom heard less that of the majority, at the end of year six",
}


class Intervention(NamedTuple):
    """Something that is done or happens, in a week, and the outcomes that the table of signatures names for it.

    ``before`` are settings of all runs that it is judged by, so that every theory gets the same dose.
    """

    events: tuple[Event, ...]
    outcomes: tuple[str, ...]
    before: tuple[str, ...] = ()

    @property
    def week(self) -> int:
        """The week from which it acts."""
        return self.events[0].week


INTERVENTIONS = {
    "more facilitation": Intervention(
        (Event(START, "set", 1.0, "leadership.facilitation"), Event(START, "set", 1.0, "leadership.facilitator")),
        (
            "efficacy, first half-year",
            "efficacy, last year",
            "trust, last year",
            "items pooled, first year",
            "implemented, first year",
            "attendance, last year",
            "fairness, last year",
            "influence of citizens",
        ),
        before=("leadership.facilitation=0.2",),
    ),
    "sponsor lost in year 3": Intervention(
        (Event(YEAR_THREE, "sponsor_leaves"),),
        (
            "efficacy, last year",
            "trust, first half-year",
            "trust, last year",
            "items pooled, first year",
            "implemented, first year",
            "attendance, last year",
            "influence of citizens",
        ),
    ),
    "payment": Intervention(
        (Event(START, "set", 20.0, "reciprocity.payment"),),
        (
            "efficacy, last year",
            "trust, last year",
            "items pooled, first year",
            "implemented, to the end",
            "attendance, last year",
            "seldom heard, of those attending",
            "influence of citizens",
        ),
    ),
    "stratified seats": Intervention(
        (Event(START, "set", "stratified", "representation.representation_rule"),),  # type: ignore[arg-type]
        (
            "efficacy, seldom heard",
            "trust, last year",
            "needs met, seldom heard",
            "implemented, to the end",
            "attendance, last year",
            "seldom heard, of those attending",
            "influence of citizens",
        ),
        before=("representation.representation_rule=self_selected",),
    ),
    "broken promise": Intervention(
        (Event(YEAR_THREE, "promise_broken"),),
        (
            "efficacy, first half-year",
            "efficacy, last year",
            "trust, first half-year",
            "trust, last year",
            "items pooled, first year",
            "attendance, last year",
            "fairness, last year",
        ),
    ),
}

MORE, LESS, NONE, SMALL = "+", "−", "0", "small"
EVERY_OUTCOME = ""


class Expected(NamedTuple):
    """A cell of the table of signatures: what a theory predicts for one outcome, or for all, of an intervention."""

    intervention: str
    outcome: str
    predictions: dict[str, str]
    words: str


EXPECTED = (
    Expected("more facilitation", "efficacy, last year", {"T1": MORE}, "T1: e rises, lagged"),
    Expected("more facilitation", "trust, last year", {"T2": MORE}, "T2: trust rises"),
    Expected("more facilitation", "items pooled, first year", {"T3": MORE}, "T3: pooling at once"),
    Expected("more facilitation", "implemented, first year", {"T4": NONE}, "T4: implementation ≈0"),
    Expected("more facilitation", "fairness, last year", {"T6": MORE}, "T6: fairness ↑"),
    Expected("more facilitation", "influence of citizens", {"T6": NONE}, "T6: influence 0"),
    Expected(
        "sponsor lost in year 3", EVERY_OUTCOME, {"T1": NONE, "T3": NONE, "T5": NONE, "T6": NONE}, "T1, T3, T5, T6: 0"
    ),
    Expected("sponsor lost in year 3", "trust, first half-year", {"T2": NONE}, "T2: late"),
    Expected("sponsor lost in year 3", "trust, last year", {"T2": LESS}, "T2: late, via broken promises"),
    Expected("sponsor lost in year 3", "implemented, first year", {"T4": LESS}, "T4: implementation drops at once"),
    Expected(
        "payment",
        EVERY_OUTCOME,
        {"T1": NONE, "T2": NONE, "T3": NONE, "T4": NONE, "T6": NONE},
        "T1, T2: ≈0; T3, T4, T6: 0",
    ),
    Expected("payment", "attendance, last year", {"T5": MORE}, "T5: attendance ↑"),
    Expected("payment", "seldom heard, of those attending", {"T5": MORE}, "T5: low-resource groups"),
    Expected("stratified seats", "efficacy, seldom heard", {"T1": MORE}, "T1: who gains e"),
    Expected("stratified seats", "trust, last year", {"T2": SMALL}, "T2: small"),
    Expected("stratified seats", "needs met, seldom heard", {"T3": MORE}, "T3: decisions better for the seldom heard"),
    Expected("stratified seats", "implemented, to the end", {"T4": NONE}, "T4: 0"),
    Expected(
        "stratified seats",
        "attendance, last year",
        {"T4": NONE, "T5": LESS, "T6": NONE},
        "T5: attendance gap; T4, T6: 0",
    ),
    Expected("stratified seats", "influence of citizens", {"T6": NONE}, "T6: 0"),
    Expected("stratified seats", "needs met, seldom heard", {"T4": NONE, "T6": NONE}, "T4, T6: 0"),
    Expected("broken promise", "efficacy, first half-year", {"T1": LESS}, "T1: dip"),
    Expected("broken promise", "efficacy, last year", {"T1": NONE}, "T1: recovers"),
    Expected("broken promise", "trust, last year", {"T2": LESS}, "T2: lasting loss"),
    Expected("broken promise", EVERY_OUTCOME, {"T3": NONE, "T4": NONE, "T5": NONE, "T6": NONE}, "T3 to T6: 0"),
)


class Lead(NamedTuple):
    """Two series of a run, of which the first is said to lead the second; ``sign`` of their relation."""

    first: str
    second: str
    sign: int
    theory: str


LEADS = (
    Lead("efficacy", "attendance", 1, "T1"),
    Lead("trust", "effort", 1, "T2"),
    Lead("inequality of talk", "right decisions", -1, "T3"),
    Lead("support", "implementation", 1, "T4"),
    Lead("demand", "staff attendance", -1, "T5"),
)
LEAD_LAG = "lead–lag"


def predicted(intervention: str, outcome: str, theory: str) -> str:
    """What a theory predicts for an outcome of an intervention; empty where the table says nothing.

    >>> predicted("payment", "attendance, last year", "T5"), predicted("payment", "trust, last year", "T3")
    ('+', '0')
    >>> predicted("more facilitation", "attendance, last year", "T1")
    ''
    """
    own = [cell for cell in EXPECTED if cell.intervention == intervention and cell.outcome == outcome]
    every = [cell for cell in EXPECTED if cell.intervention == intervention and cell.outcome == EVERY_OUTCOME]
    for cell in (*own, *every):
        if theory in cell.predictions:
            return cell.predictions[theory]
    return ""


def predicted_lead(lead: Lead, theory: str) -> str:
    """What a theory predicts of one leading the other: its own lead, none under tokenism, else nothing said."""
    if theory == lead.theory:
        return MORE
    return NONE if theory == "T6" else ""


def arm(theory: str, intervention: str, happens: bool) -> Arm:
    """The runs of a theory under an intervention, or those that it is compared with."""
    told = INTERVENTIONS[intervention]
    return Arm((f"theory={THEORIES[theory]}", NEVER_END, *told.before), SIX_YEARS, told.events if happens else ())


def plain(theory: str) -> Arm:
    """The runs of a theory in which nothing happens."""
    return Arm((f"theory={THEORIES[theory]}", NEVER_END), SIX_YEARS)
