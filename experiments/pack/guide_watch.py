"""What the guide says to watch and to measure: early signs, and how to see them in practice."""

from coprod_abm.experiments.pack import page
from coprod_abm.experiments.pack.evidence import Evidence, strength
from coprod_abm.experiments.pack.page import Cell
from coprod_abm.experiments.pack.shown import ROWS
from coprod_abm.experiments.pack.words import CLEAR, PackWords
from coprod_abm.year import YEAR

MOST_SIGNS, MOST_MEASURES = 4, 6
MEASURED = {  # the measure of the model: what to do in practice
    "need_met": ("need_met", "need_met_majority", "need_met_group_1", "need_met_group_2", "member_need_met"),
    "need_gap": ("need_gap",),
    "member_trust": ("member_trust", "citizen_trust", "staff_trust", "member_efficacy"),
    "member_fairness": ("member_fairness", "staff_fairness", "items_taken_up"),
    "safety": ("safety",),
    "influence_share": ("influence_share", "tokenism", "changes_from_citizens"),
    "voice_share": ("voice_share", "voice_gini"),
    "attendance": ("attendance", "representativeness", "exclusion"),
    "changes_implemented": ("changes_implemented", "changes_kept", "goals_delivered", "retention", "passed_on"),
    "promises_broken": ("promises_broken",),
    "staff_burnout": ("staff_burnout", "time_available"),
    "citizen_hours": ("citizen_hours", "professional_hours"),
}
USUAL = ("need_met", "influence_share", "member_fairness", "changes_implemented", "attendance", "staff_burnout")


def watch(evidence: Evidence, words: PackWords) -> str:
    """Signs after one year that point the same way as the end."""
    if not len(evidence.effects) or YEAR not in set(evidence.effects["week"]):
        return page.tag("p", words.tell("guide.watch_run"))
    signs: list[tuple[float, str]] = []
    for name in dict.fromkeys([*ROWS, *MEASURED]):
        found = [one for way in evidence.shown_ways if (one := sign_of(evidence, name, way, words))]
        signs += [max(found)] if found else []  # an outcome stands once, under the way where it shows most
    if not signs:
        return page.tag("p", words.tell("guide.watch_none"))
    told = [text for _, text in sorted(signs, reverse=True)[:MOST_SIGNS]]
    return page.tag("p", words.tell("guide.watch_lead")) + page.listed(told)


def sign_of(evidence: Evidence, name: str, way: str, words: PackWords) -> tuple[float, str] | None:
    """How strongly an outcome shows after one year and its sentence; none where it does not, or turns round later."""
    early, late = evidence.found(name, way, YEAR), evidence.found(name, way)
    if early is None or late is None or early.verdict not in CLEAR or early.verdict != late.verdict:
        return None
    text = words.tell(
        "guide.watch_one",
        measure=words.measure(name),
        arm=words.quoted(evidence.way(way, words.language)),
        verdict=words.verdict(early.verdict),
        gap=words.gap_told(name, early.difference),
        later=words.gap_told(name, late.difference),
    )
    return strength(early), text


def to_measure(evidence: Evidence, words: PackWords) -> str:
    """What to measure and how: what moved most in the model first, then what is always worth it."""
    weight = dict.fromkeys(MEASURED, 0.0)
    for way in evidence.shown_ways if len(evidence.ways) > 1 else ():
        for key, names in MEASURED.items():
            found = [one for name in names if (one := evidence.found(name, way)) and one.verdict in CLEAR]
            weight[key] = max([weight[key], *(strength(one) for one in found)])
    moved = [key for key in sorted(weight, key=lambda key: -weight[key]) if weight[key] > 0.0]
    chosen = list(dict.fromkeys([*moved[: MOST_MEASURES - 2], *USUAL]))[:MOST_MEASURES]
    rows = [(words.measure(key), [Cell(words.tell(f"measuring.{key}"))]) for key in chosen]
    heads = [words.tell("guide.what"), words.tell("guide.how")]
    lead = page.tag("p", words.tell("guide.measure_lead"))
    return lead + page.table(words.tell("guide.measure_caption"), heads, rows)
