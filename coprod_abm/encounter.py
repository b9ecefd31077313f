"""One encounter told once: a citizen of the constituency and a professional of the service (E0, with E11, E13, E14, E18).

Individual co-production is by far the most frequent form; it moves trust, efficacy and knowledge of people who never sit
in a meeting.
"""

from typing import Any

from coprod_abm.arithmetic import held
from coprod_abm.compiled import telling
from coprod_abm.draws import pick
from coprod_abm.means import usual_voice
from coprod_abm.rules.efficacy import revised_efficacy
from coprod_abm.rules.learning import is_own_domain
from coprod_abm.rules.participation import shared_encounter_chance
from coprod_abm.rules.power import speaking_up_chance, stepped_belief
from coprod_abm.rules.representation import strengthened_tie
from coprod_abm.rules.trust import encounter_felt, revised_satisfaction, revised_trust
from coprod_abm.service import BLOCK, COMMON_FEATURES, features_of, group_of, kind_of
from coprod_abm.state import EMPTY


@telling
def professional_met(citizen: Any, project: Any, p: Any, stays: float, lot: float) -> int:
    """Number of the professional a citizen meets: the last one with probability ``continuity``, else anyone."""
    if citizen.partner != EMPTY and stays < p.participation.continuity:
        return citizen.partner
    return pick(lot, project.professionals)


@telling
def own_item(person: Any, lot: float) -> int:
    """A feature of the person's own domain on which the person holds a belief, drawn evenly; −1 where there is none."""
    known = 0
    first, end = features_of(person.role)
    for feature in range(first, end):
        if person.beliefs[feature] != 0 and is_own_domain(
            person.role, person.group, kind_of(feature), group_of(feature)
        ):
            known += 1
    wanted = pick(lot, known)
    for feature in range(first, end):
        if person.beliefs[feature] != 0 and is_own_domain(
            person.role, person.group, kind_of(feature), group_of(feature)
        ):
            if wanted == 0:
                return feature
            wanted -= 1
    return EMPTY


@telling
def pass_on(teacher: Any, learner: Any, lot: float) -> None:
    """Let ``learner`` move one step towards one own-domain belief of ``teacher``."""
    feature = own_item(teacher, lot)
    if feature != EMPTY:
        learner.beliefs[feature] = stepped_belief(learner.beliefs[feature], teacher.beliefs[feature])


@telling
def live_with_service(citizen: Any, project: Any, p: Any, lot: float, learns: float) -> None:
    """Let a citizen meet one feature that matters to the own group and perhaps learn what works (E11)."""
    if learns < p.learning.experience:
        place = pick(lot, COMMON_FEATURES + BLOCK)
        feature = place if place < COMMON_FEATURES else place + BLOCK * citizen.group
        citizen.beliefs[feature] = project.reality[feature]


@telling
def share_power(
    citizen: Any, professional: Any, project: Any, p: Any, citizens_item: float, professionals_item: float, lot: float
) -> None:
    """A shared encounter: each side learns from the other; it takes time and adds to the tie.

    Where capacity is off, whether there was time is drawn (``lot``) with the share of staff in time at the start.
    """
    pass_on(citizen, professional, citizens_item)
    pass_on(professional, citizen, professionals_item)
    professional.extra += p.capacity.encounter_minutes / 60.0
    in_time = professional.demand <= professional.hours
    if p.capacity.strength != 1.0:
        in_time = lot < held(1.0 if in_time else 0.0, project.in_time_start, p.capacity.strength)
    gain = p.trust.strength * p.trust.openness_gain
    professional.openness = revised_trust(professional.openness, in_time, gain, p.trust.asymmetry)
    citizen.tie = strengthened_tie(citizen.tie, p.representation.tie_gain)


@telling
def feel_encounter(citizen: Any, p: Any, shared: bool, succeeded: bool, need_met: float, lot: float) -> None:
    """What an encounter does to the citizen's efficacy, trust and satisfaction (E13, E14)."""
    success = 1.0 if succeeded else 0.0
    step = p.efficacy.strength * p.efficacy.encounter_share
    citizen.efficacy = revised_efficacy(citizen.efficacy, success, step * p.efficacy.gain, step * p.efficacy.loss)
    fair = shared or lot < p.trust.directive_fairness
    gain = p.trust.strength * p.trust.encounter_share * p.trust.gain
    citizen.trust = revised_trust(citizen.trust, fair, gain, p.trust.asymmetry)
    felt = encounter_felt(success, need_met, p.trust.satisfaction_need)
    citizen.satisfaction = revised_satisfaction(citizen.satisfaction, felt, p.trust.satisfaction_rate)


@telling
def chance_to_speak(citizen: Any, professional: Any, project: Any, p: Any) -> float:
    """Chance that a citizen speaks up in an encounter with this professional (E0)."""
    gap = (1.0 - facilitation_around(project, p)) * max(0.0, professional.status - citizen.status)
    chance = speaking_up_chance(
        citizen.efficacy,
        project.safety,
        gap,
        p.power.voice_base,
        p.power.voice_safety,
        p.power.voice_efficacy,
        p.power.voice_barrier,
        0.0,
    )
    if p.power.voice_strength == 1.0:
        return chance
    return held(chance, usual_voice(p, 0.0, p.population.professional_status), p.power.voice_strength)


@telling
def facilitation_around(project: Any, p: Any) -> float:
    """Facilitation as it is felt outside meetings: the facilitator's, as far as one is there, or what members do."""
    there = p.leadership.facilitator * p.leadership.facilitation if project.facilitator_here == 1 else 0.0
    return max(there, project.shared_lead)


@telling
def encounter(
    citizen: Any,
    professional: Any,
    project: Any,
    p: Any,
    speaking: float,
    speaks: float,
    taken: float,
    works: float,
    fair: float,
    item: float,
    other_item: float,
    met: float,
    learns: float,
) -> bool:
    """Let the two meet; returns whether power was shared.

    ``speaking`` is the citizen's chance to speak up; the rest are the draws of the encounter, in this order.
    """
    citizen.partner = professional.number
    uptake = shared_encounter_chance(
        professional.openness, professional.burnout, professional.hours, professional.demand
    )
    if p.capacity.strength != 1.0:
        uptake = uptake * held(1.0, project.time_start, p.capacity.strength)
    shared = speaks < speaking and taken < uptake
    if shared:
        share_power(citizen, professional, project, p, item, other_item, fair)
    succeeded = shared or works < p.participation.directive_success
    feel_encounter(citizen, p, shared, succeeded, project.goal[citizen.group], fair)
    live_with_service(citizen, project, p, met, learns)
    project.encounters += 1.0
    project.shared += 1.0 if shared else 0.0
    return shared
