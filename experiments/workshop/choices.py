"""What a visitor of the workshop page can choose: cases, presets, sliders and events, all from the declarations."""

from typing import Any

from coprod_abm.case import Case
from coprod_abm.language import languages, texts
from coprod_abm.measures import measure
from coprod_abm.parameters import declaration
from coprod_abm.presets import presets

SIMPLE_FAMILIES = ("power", "leadership", "representation", "reciprocity")
FAMILIES = (*SIMPLE_FAMILIES, "capacity", "learning")
LADDER = tuple(
    f"arnstein/{rung}"
    for rung in (
        "manipulation", "therapy", "informing", "consultation", "placation", "partnership", "delegated_power",
        "citizen_control",
    )
)  # fmt: skip
SIMPLE_SLIDERS = ("power.agenda_access", "leadership.facilitation", "reciprocity.payment")
SLIDERS = (
    *SIMPLE_SLIDERS,
    "leadership.dial",
    "power.citizen_seat_share",
    "power.citizens_word",
    "power.invisible",
    "reciprocity.recognition",
    "reciprocity.feedback_loop",
    "capacity.workload",
    "capacity.staff_turnover",
    "participation.meeting_hours",
    "learning.turbulence",
)
OTHERS = (  # without a control of their own, set by shipped scenarios
    "capacity.buffering", "leadership.facilitator", "leadership.sponsor_loss", "leadership.sponsor_replacement",
    "power.decision_rule", "power.deference", "reciprocity.expenses",
)  # fmt: skip
SHARES = {"presence": "share", "per week": "probability", "log per unit of status": "factor"}  # units as they are told
STEPS = 20  # of a slider, so that twenty key presses cross it
EVENTS: dict[str, dict[str, Any]] = {
    "sponsor_leaves": {"kind": "sponsor_leaves"},
    "sponsor_arrives": {"kind": "sponsor_arrives"},
    "facilitator_leaves": {"kind": "facilitator_leaves"},
    "facilitator_arrives": {"kind": "facilitator_arrives"},
    "user_leader_leaves": {"kind": "user_leader_leaves"},
    "promise_broken": {"kind": "promise_broken"},
    "payment_begins": {"kind": "set", "parameter": "reciprocity.payment", "value": 20.0},
    "squeeze_begins": {"kind": "add", "parameter": "capacity.workload", "value": 0.1},
    "agenda_opens": {"kind": "set", "parameter": "power.agenda_access", "value": 0.9},
}
SIMPLE_EVENTS = ("sponsor_leaves", "facilitator_leaves", "payment_begins", "squeeze_begins")
SEATS_VOICE_INFLUENCE = ("seat_share", "voice_share", "influence_share")
OUTCOMES = (
    "need_met",
    "need_gap",
    "able_to_influence",
    "citizen_trust",
    "member_fairness",
    "safety",
    "attendance",
    *SEATS_VOICE_INFLUENCE,
    "collective_lead",
    "changes_implemented",
    "changes_from_citizens",
    "promises_broken",
    "staff_burnout",
    "citizen_hours",
    "alive",
)


def choices(cases: dict[str, Case]) -> dict[str, Any]:
    """Everything that the page needs to build its controls, as plain values."""
    return {
        "cases": {name: {"name": case.name, "level": case.level.name, "years": case.years} for name, case in cases.items()},
        "families": {
            family: {"simple": family in SIMPLE_FAMILIES, "groups": grouped(family)} for family in FAMILIES
        },
        "sliders": {key: slider(key) for key in SLIDERS},
        "others": {key: other(key) for key in OTHERS},
        "events": {name: {**event, "simple": name in SIMPLE_EVENTS} for name, event in EVENTS.items()},
        "outcomes": {name: outcome(name) for name in OUTCOMES},
    }  # fmt: skip


def grouped(family: str) -> dict[str, list[str]]:
    """The presets of a family by group: the ladder in its order, then by folder, each group in alphabetical order."""
    groups: dict[str, list[str]] = {"usual": ["default"]}
    rest = [name for name in presets(family) if name != "default"]
    ladder = [name for name in LADDER if family == "power" and name in rest]
    for name in [*ladder, *(name for name in rest if name not in ladder)]:
        folder = name.rpartition("/")[0] or "plain"
        groups.setdefault(folder, []).append(name)
    return groups


def slider(key: str) -> dict[str, Any]:
    """Range, step, default and kind of a number on the page; below ``low`` a negative value means that it is not used."""
    found = declaration(key)
    low = max(found.low, 0.0) if found.low == -1.0 else found.low
    return {
        "low": low,
        "high": found.high,
        "step": (found.high - low) / STEPS,
        "default": float(found.default),
        "unit": found.unit,
        "simple": key in SIMPLE_SLIDERS,
    }


def other(key: str) -> dict[str, Any]:
    """Range and unit of a number without a slider, as it is told."""
    found = declaration(key)
    return {
        "low": found.low,
        "high": found.high,
        "step": (found.high - found.low) / STEPS,
        "unit": SHARES.get(found.unit, found.unit),
    }


def outcome(name: str) -> dict[str, Any]:
    """How an outcome is told: as so many of 100, in points, or as a plain number; and which way is better."""
    found = measure(name)
    told = {"share": "share", "difference": "points", "change": "points"}.get(found.unit, "number")
    return {"told": told, "direction": found.direction, "low": found.low, "high": min(found.high, 1e9)}


def page_words() -> dict[str, dict[str, Any]]:
    """Every word of the page by language, with the names that pictures use for measures and verdicts."""
    found = {}
    for language in languages():
        pictures = texts("pictures", language)
        found[language] = {**texts("workshop", language), "measures": {k: pictures["measures"][k] for k in OUTCOMES}}
    return found
