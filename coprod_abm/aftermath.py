"""What a meeting does to those present and to the project: fairness, trust, efficacy, standing, ties, safety (E12–E14, E18)."""

from typing import Any

import numpy as np

from coprod_abm.arithmetic import held
from coprod_abm.compiled import telling
from coprod_abm.draws import STREAM, name_of, uniform
from coprod_abm.rules.efficacy import felt_success, revised_efficacy
from coprod_abm.rules.leadership import meeting_hours, revised_safety
from coprod_abm.rules.power import revised_standing, stepped_belief
from coprod_abm.rules.representation import strengthened_tie
from coprod_abm.rules.trust import fairness, revised_satisfaction, revised_trust
from coprod_abm.service import CITIZEN, FEATURES, GROUPS
from coprod_abm.vote import feedback_given

SEEN_RATE = 0.5  # how fast a group's picture of its members' success follows the last meeting


@telling
def feel_fairness(person: Any, project: Any, p: Any, voice: float, in_line: float, feedback: float, lot: float) -> None:
    """Fairness felt, and the trust, openness and satisfaction that follow (E12, E14)."""
    person.fairness = fairness(
        voice,
        in_line,
        project.delivery,
        feedback,
        project.broken,
        p.trust.fairness_base,
        p.trust.fairness_voice,
        p.trust.fairness_outcome,
        p.trust.fairness_delivery,
        p.trust.fairness_feedback,
        p.trust.fairness_broken,
    )
    fair = lot < person.fairness
    strength = p.trust.strength
    person.trust = revised_trust(person.trust, fair, strength * p.trust.gain, p.trust.asymmetry)
    if person.role != CITIZEN:
        person.openness = revised_trust(person.openness, fair, strength * p.trust.openness_gain, p.trust.asymmetry)
    person.satisfaction = revised_satisfaction(person.satisfaction, person.fairness, p.trust.satisfaction_rate)


@telling
def feel_success(person: Any, project: Any, p: Any, voice: float, in_line: float, facilitation: float) -> float:
    """Efficacy after own success and leaders' encouragement (E13); returns the success felt."""
    success = felt_success(0.5 * (voice + in_line), project.delivery, p.efficacy.voice_to_success)
    gain = p.efficacy.strength * p.efficacy.gain
    person.efficacy = revised_efficacy(person.efficacy, success, gain, p.efficacy.strength * p.efficacy.loss)
    urged = p.leadership.persuasion * facilitation * gain
    person.efficacy = revised_efficacy(person.efficacy, 1.0, urged, 0.0)
    return success


@telling
def note_presence(
    person: Any, project: Any, p: Any, place: int, turns: float, share: float, count: int, hours: float
) -> None:
    """Standing, ties, time and talk of one person after a meeting (E3, E18)."""
    person.standing = revised_standing(person.standing, share, count, p.power.standing_rate)
    person.tie = strengthened_tie(person.tie, p.representation.tie_gain)
    project.voice[person.role] += turns
    project.spoken[place] += turns
    project.hours_spent[person.role] += hours
    if person.role != CITIZEN:
        person.extra += hours


@telling
def show_group(project: Any, seen: Any, counted: Any) -> None:
    """Let each group see how its members fared."""
    for group in range(GROUPS):
        if counted[group] > 0.0:
            mean = seen[group] / counted[group]
            project.visible[group] += SEEN_RATE * (mean - project.visible[group])


@telling
def drift(person: Any, p: Any, seed: int, week: int, name: int, staff_view: Any) -> None:
    """Let a user leader's views move towards what most professionals at the table hold."""
    for feature in range(FEATURES):
        if abs(staff_view[feature]) > 0.5:
            towards = 1 if staff_view[feature] > 0.0 else -1
            if uniform(seed, STREAM.drift, name, week, feature) < p.leadership.user_leader_drift:
                person.beliefs[feature] = stepped_belief(person.beliefs[feature], towards)


@telling
def feel_meeting(
    people: Any,
    project: Any,
    p: Any,
    seed: int,
    week: int,
    room: Any,
    count: int,
    facilitation: float,
    decided: bool,
    adopted: bool,
) -> None:
    """Let the meeting act on everyone present and on the project's safety."""
    feedback = 1.0 if feedback_given(project, p, seed, week) else 0.0
    seen = np.zeros(GROUPS)
    counted = np.zeros(GROUPS)
    fairness_felt = 0.0
    hours = meeting_hours(p.participation.meeting_hours, facilitation, p.leadership.facilitation_time)
    for s in range(count):
        person = people[room.person[s]]
        share = room.turns[s] / int(p.participation.turns)
        voice = min(1.0, share * count)
        in_line = 0.5
        if decided:
            in_line = 1.0 if (room.ballot[s] > 0.5) == adopted else 0.0
        name = name_of(project.key, person.role, person.number)
        lot = uniform(seed, STREAM.meeting_trust, name, week, 0)
        feel_fairness(person, project, p, voice, in_line, feedback, lot)
        fairness_felt += person.fairness
        success = feel_success(person, project, p, voice, in_line, facilitation)
        note_presence(person, project, p, room.place[s], room.turns[s], share, count, hours)
        if room.person[s] == project.user_leader:
            drift(person, p, seed, week, name, room.staff_view)
        if person.role == CITIZEN:
            seen[person.group] += success
            counted[person.group] += 1.0
    show_group(project, seen, counted)
    facilitator = facilitation if facilitation > project.shared_lead else 0.0  # the members' own lead counts below
    safety = revised_safety(
        project.safety,
        facilitator,
        fairness_felt / count,
        project.shared_lead,
        p.leadership.safety_facilitation,
        p.leadership.safety_fairness,
        p.leadership.safety_collective,
        p.leadership.safety_target,
        p.leadership.safety_rate,
    )
    project.safety = held(safety, project.safety, p.leadership.climate_strength)
