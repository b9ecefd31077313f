"""The floor of a meeting: who speaks, what is said, and who takes it up (E3–E6, E8)."""

from typing import Any

from coprod_abm.arithmetic import held
from coprod_abm.causes import Link
from coprod_abm.compiled import telling
from coprod_abm.draws import STREAM, four_uniforms, name_of, pick, uniform
from coprod_abm.log import ACT, count_adopter, count_opposed, write_act
from coprod_abm.means import usual_voice
from coprod_abm.population import Population
from coprod_abm.rules.leadership import Leadership, levelled
from coprod_abm.rules.learning import is_own_domain
from coprod_abm.rules.power import (
    agenda_chance,
    claim_to_floor,
    expressed_view,
    floor_weight,
    speaking_up_chance,
    stepped_belief,
    uptake_chance,
    weight_of_word,
)
from coprod_abm.rules.trust import regard
from coprod_abm.service import CITIZEN, FEATURES, features_of, group_of, kind_of
from coprod_abm.state import EMPTY

UNIQUE, MENTIONED, ANY = 0, 1, 2
USUAL_FACILITATION = float(Leadership().facilitation)  # what a mechanism that is off is held at does not move with it
USUAL_GAP = 2.0 * float(Population().leader_status) - float(Population().professional_status)  # citizens' and staff's
NO_RETRY_WEEKS = 26  # a rejected proposal is not put again for half a year


@telling
def weigh_floor(people: Any, p: Any, room: Any, count: int, facilitation: float) -> float:
    """Set everyone's weight for the floor; returns the sum of weights (E3)."""
    usual = p.power.floor_strength * p.power.floor_gradient
    gradient = levelled(usual, facilitation, p.leadership.floor_levelling, p.leadership.style_gradient)
    total = 0.0
    for s in range(count):
        claim = claim_to_floor(room.status[s], people[room.person[s]].standing, p.power.status_weight)
        room.weight[s] = floor_weight(claim, gradient)
        total += room.weight[s]
    return total


@telling
def has_floor(room: Any, count: int, total: float, lot: float) -> int:
    """Who gets the floor, drawn in proportion to weight."""
    left = lot * total
    for s in range(count - 1):
        left -= room.weight[s]
        if left < 0.0:
            return s
    return count - 1


@telling
def could_say(person: Any, feature: int, room: Any, sort: int) -> bool:
    """Whether a belief is of the sort wanted: known to the own side only, already mentioned, or any."""
    if person.beliefs[feature] == 0:
        return False
    if sort == MENTIONED:
        return room.mentioned[feature] != 0
    if sort == UNIQUE:
        own = is_own_domain(person.role, person.group, kind_of(feature), group_of(feature))
        return own and room.mentioned[feature] == 0
    return True


@telling
def item_to_say(person: Any, room: Any, sort: int, lot: float) -> int:
    """A feature drawn evenly among the beliefs of the sort wanted, −1 where there is none."""
    found = 0
    first, end = features_of(person.role) if sort == UNIQUE else (0, FEATURES)
    for feature in range(first, end):
        if could_say(person, feature, room, sort):
            room.candidates[found] = feature
            found += 1
    return room.candidates[pick(lot, found)] if found > 0 else EMPTY


@telling
def choose_item(person: Any, room: Any, speaks_up: bool, lot: float) -> tuple[int, bool]:
    """What the speaker brings: a unique item when speaking up, else one already mentioned, else anything held (E4)."""
    if speaks_up:
        feature = item_to_say(person, room, UNIQUE, lot)
        if feature != EMPTY:
            return feature, True
    feature = item_to_say(person, room, MENTIONED, lot)
    if feature == EMPTY:
        feature = item_to_say(person, room, ANY, lot)
    return feature, False


@telling
def highest_status(room: Any, count: int) -> float:
    """The highest status present."""
    highest = room.status[0]
    for s in range(1, count):
        highest = max(highest, room.status[s])
    return highest


@telling
def speaks_up(person: Any, project: Any, p: Any, gap: float, facilitation: float, lot: float) -> bool:
    """Whether the speaker brings something that only the own side knows (E4)."""
    chance = speaking_up_chance(
        person.efficacy,
        project.safety,
        (1.0 - facilitation) * gap,
        p.power.voice_base,
        p.power.voice_safety,
        p.power.voice_efficacy,
        p.power.voice_barrier,
        p.leadership.encouragement * facilitation,
    )
    if p.power.voice_strength != 1.0:
        chance = held(chance, usual_voice(p, USUAL_FACILITATION, USUAL_GAP), p.power.voice_strength)
    return lot < chance


@telling
def value_said(person: Any, p: Any, feature: int, staff_view: float, lot: float) -> int:
    """The value a speaker stands for; citizens' views are drawn towards the professionals' by invisible power (E8)."""
    if person.role != CITIZEN:
        return person.beliefs[feature]
    view = expressed_view(person.beliefs[feature], staff_view, p.power.invisible)
    return 1 if lot < 0.5 * (1.0 + view) else -1


@telling
def listen(
    people: Any,
    project: Any,
    p: Any,
    seed: int,
    week: int,
    turn: int,
    room: Any,
    count: int,
    speaker: int,
    facilitation: float,
    feature: int,
    value: int,
    log: Any,
) -> None:
    """Let everyone else in the room take up, or not, what was said (E5)."""
    said_by = people[room.person[speaker]].role
    deference = p.power.deference * (1.0 - p.leadership.deference_levelling * facilitation)
    rate = p.power.uptake_rate * (p.leadership.leader_weight if speaker == room.lead else 1.0)
    for s in range(count):
        listener = people[room.person[s]]
        if s == speaker or listener.beliefs[feature] == value:
            continue
        esteem = regard(listener.role, said_by, listener.trust, listener.openness)
        chance = uptake_chance(rate, deference, room.status[speaker] - room.status[s], esteem)
        chance = chance * weight_of_word(
            said_by == CITIZEN, listener.role == CITIZEN, p.power.citizens_word, p.power.staff_word
        )
        chance = min(1.0, held(chance, p.power.uptake_rate, p.power.uptake_strength))
        own = is_own_domain(listener.role, listener.group, kind_of(feature), group_of(feature))
        if own and listener.beliefs[feature] != 0:
            chance = chance * (1.0 - p.power.own_resistance)
        name = name_of(project.key, listener.role, listener.number)
        moves = uniform(seed, STREAM.uptake, name, week, turn) < chance
        if log is not None:
            count_opposed(log)
        if said_by == CITIZEN:
            project.told += 1.0
            project.moved += 1.0 if moves else 0.0
        if moves:
            listener.beliefs[feature] = stepped_belief(listener.beliefs[feature], value)
            if log is not None:
                count_adopter(log, listener.role)


@telling
def is_open_problem(project: Any, week: int, feature: int, value: int) -> bool:
    """Whether a view is a problem that can be put to the vote: not as it is run, not pending, not just rejected (E6)."""
    if value == project.design[feature] or project.pending[feature] != 0:
        return False
    return week - project.rejected_week[feature] >= NO_RETRY_WEEKS


@telling
def take_turn(
    people: Any,
    project: Any,
    p: Any,
    seed: int,
    week: int,
    turn: int,
    room: Any,
    count: int,
    speaker: int,
    facilitation: float,
    total: float,
    log: Any,
) -> tuple[int, int]:
    """One turn on the floor; returns what reaches the agenda as (feature, value), feature −1 where nothing does."""
    person = people[room.person[speaker]]
    name = name_of(project.key, person.role, person.number)
    up, item, says, raises = four_uniforms(seed, STREAM.voice, name, week, turn)
    room.turns[speaker] += 1.0
    gap = highest_status(room, count) - room.status[speaker]
    feature, unique = choose_item(person, room, speaks_up(person, project, p, gap, facilitation, up), item)
    if feature == EMPTY:
        if log is not None:
            share = room.weight[speaker] / total
            write_act(
                log,
                turn,
                room.person[speaker],
                person.role,
                person.group,
                ACT.pass_turn,
                EMPTY,
                0,
                share,
                count - 1,
                EMPTY,
            )
        return EMPTY, 0
    value = value_said(person, p, feature, room.staff_view[feature], says)
    room.mentioned[feature] = 1
    project.mentions += 1.0
    project.unique += 1.0 if unique else 0.0
    if log is not None:
        act = ACT.inform_unique if unique else ACT.inform_shared
        share = room.weight[speaker] / total
        write_act(
            log, turn, room.person[speaker], person.role, person.group, act, feature, value, share, count - 1, EMPTY
        )
    listen(people, project, p, seed, week, turn, room, count, speaker, facilitation, feature, value, log)
    right = room.person[speaker] == project.user_leader
    heard = raises < agenda_chance(person.role == CITIZEN, right, p.power.agenda_access, int(p.power.space))
    if heard and is_open_problem(project, week, feature, value):
        return feature, value
    return EMPTY, 0


LINKS = (
    Link("attendance", "voice", +1, "has_floor.room"),
    Link("voice", "uptake", +1, "listen.value"),
    Link("voice", "agenda", +1, "take_turn.turn"),
    Link("implemented changes", "agenda", -1, "is_open_problem.project"),
)
