"""The decision of a meeting: the chair's choice, the ballot, and what becomes pending (E6, E7)."""

from typing import Any

from coprod_abm.causes import Link
from coprod_abm.compiled import telling
from coprod_abm.draws import PROJECT_ROLE, STREAM, name_of, pick, uniform
from coprod_abm.floor import is_open_problem
from coprod_abm.log import ACT, write_act, write_decision
from coprod_abm.rules.power import (
    DecisionRule,
    expressed_view,
    is_adopted,
    support_chance,
    vote_weight,
    with_casting_vote,
)
from coprod_abm.rules.trust import regard
from coprod_abm.service import CITIZEN, FEATURES, FIRST_TECHNICAL, LEADER, PROFESSIONAL
from coprod_abm.state import EMPTY

CHAIRS_DRAW = 1_000  # draws beside those of the turns, which are numbered from 0
FEEDBACK_DRAW = 1_001
LOTTERY_DRAW = 1_002


@telling
def chairs_choice(
    people: Any, project: Any, p: Any, seed: int, week: int, room: Any, proposal: tuple[int, int, int]
) -> tuple[int, int, int]:
    """The proposal put to the vote: the floor's, or with ``agenda_control`` a problem of who leads the meeting (E6)."""
    name = name_of(project.key, PROJECT_ROLE, 0)
    if uniform(seed, STREAM.agenda, name, week, CHAIRS_DRAW) >= p.leadership.agenda_control:
        return proposal
    if room.lead == EMPTY:
        return proposal
    chair = people[room.person[room.lead]]
    found = 0
    for feature in range(FEATURES):
        if chair.beliefs[feature] != 0 and is_open_problem(project, week, feature, chair.beliefs[feature]):
            room.candidates[found] = feature
            found += 1
    if found == 0:
        return proposal
    feature = room.candidates[pick(uniform(seed, STREAM.agenda, name, week, CHAIRS_DRAW + 3), found)]
    return feature, int(chair.beliefs[feature]), int(room.lead)


@telling
def cast_vote(
    person: Any,
    project: Any,
    p: Any,
    seed: int,
    week: int,
    staff_view: float,
    proposer_role: int,
    feature: int,
    value: int,
) -> bool:
    """Whether a member votes for the proposal (E7)."""
    view = 1.0 * person.beliefs[feature]
    if person.role == CITIZEN:
        view = expressed_view(view, staff_view, p.power.invisible)
    esteem = regard(person.role, proposer_role, person.trust, person.openness)
    chance = support_chance(view, value, esteem, p.power.vote_sharpness, p.power.vote_trust, p.power.vote_threshold)
    name = name_of(project.key, person.role, person.number)
    return uniform(seed, STREAM.vote, name, week, 0) < chance


@telling
def ballot(
    people: Any,
    project: Any,
    p: Any,
    seed: int,
    week: int,
    room: Any,
    count: int,
    proposal: tuple[int, int, int],
    log: Any,
) -> bool:
    """Let everyone present vote, the proposer in favour, and apply the decision rule; returns whether it adopts."""
    feature, value, proposer = proposal
    role_of_proposer = people[room.person[proposer]].role
    yes = 0.0
    total = 0.0
    rule = int(p.power.decision_rule)
    for s in range(count):
        person = people[room.person[s]]
        staff_view = room.staff_view[feature]
        favours = s == proposer or cast_vote(
            person, project, p, seed, week, staff_view, role_of_proposer, feature, value
        )
        weight = vote_weight(rule, person.role == CITIZEN, room.status[s], p.power.citizen_vote)
        total += weight
        room.ballot[s] = 1.0 if favours else 0.0
        if favours:
            yes += weight
            room.yes[person.role] += 1.0
        if log is not None:
            act = ACT.support if favours else ACT.challenge
            write_act(
                log,
                int(p.participation.turns),
                room.person[s],
                person.role,
                person.group,
                act,
                feature,
                value,
                0.0,
                count - 1,
                project.decisions,
            )
    room.votes_for = yes
    room.votes = total
    lot = uniform(seed, STREAM.vote, name_of(project.key, PROJECT_ROLE, 0), week, LOTTERY_DRAW)
    adopted = is_adopted(
        rule,
        yes,
        total,
        room.yes[CITIZEN],
        room.present[CITIZEN],
        room.yes[PROFESSIONAL],
        room.present[PROFESSIONAL],
        room.yes[LEADER],
        room.present[LEADER],
        lot,
    )
    by_majority = rule in (DecisionRule.majority, DecisionRule.status_weighted)
    if room.lead == EMPTY or not by_majority:
        return adopted
    return with_casting_vote(adopted, yes, total, room.ballot[room.lead] > 0.5, p.leadership.casting_vote)


@telling
def is_vetoed(p: Any, room: Any, adopted: bool) -> bool:
    """Whether a proposal that had most of the (weighted) votes was stopped by the professionals' veto alone."""
    veto = int(p.power.decision_rule) == DecisionRule.professional_veto
    return veto and not adopted and 2.0 * room.votes_for > room.votes


@telling
def note_decision(project: Any, week: int, proposal: tuple[int, int, int], origin: int, adopted: bool) -> None:
    """Make an adopted proposal pending, or keep a rejected one off the agenda for half a year."""
    feature, value, _ = proposal
    if adopted:
        project.pending[feature] = value
        project.adopted_week[feature] = week
        project.origin[feature] = origin
        project.decision[feature] = project.decisions
        project.source[feature] = project.where
        project.adopted[origin] += 1.0
        project.experiential += 1.0 if feature < FIRST_TECHNICAL else 0.0
        project.agreed += 1
    else:
        project.rejected_week[feature] = week


@telling
def feedback_given(project: Any, p: Any, seed: int, week: int) -> bool:
    """Whether members hear what became of earlier decisions."""
    name = name_of(project.key, PROJECT_ROLE, 0)
    return uniform(seed, STREAM.agenda, name, week, FEEDBACK_DRAW) < p.leadership.answers * p.reciprocity.feedback_loop


@telling
def decide(
    people: Any,
    project: Any,
    p: Any,
    seed: int,
    week: int,
    room: Any,
    count: int,
    proposal: tuple[int, int, int],
    log: Any,
) -> bool:
    """Vote on the proposal, if there is one; returns whether it was adopted."""
    feature, value, proposer = proposal
    if feature == EMPTY:
        return False
    speaker = people[room.person[proposer]]
    if log is not None:
        write_act(
            log,
            int(p.participation.turns),
            room.person[proposer],
            speaker.role,
            speaker.group,
            ACT.propose,
            feature,
            value,
            0.0,
            count - 1,
            project.decisions,
        )
    adopted = ballot(people, project, p, seed, week, room, count, proposal, log)
    project.proposals += 1.0
    citizens = room.present[CITIZEN]
    if citizens > 0.0 and (2.0 * room.yes[CITIZEN] > citizens) != adopted:
        project.contrary += 1.0
    if log is not None:
        project_name = name_of(project.key, PROJECT_ROLE, 0)
        write_decision(
            log,
            room,
            project.decisions,
            feature,
            value,
            speaker.role,
            int(p.power.decision_rule),
            adopted,
            is_vetoed(p, room, adopted),
            feedback_given(project, p, seed, week),
            room.person[proposer],
            p.power.citizen_vote,
            p.leadership.casting_vote,
            uniform(seed, STREAM.vote, project_name, week, LOTTERY_DRAW),
        )
        write_act(
            log,
            int(p.participation.turns) + 1,
            room.person[proposer],
            speaker.role,
            speaker.group,
            ACT.decide,
            feature,
            value if adopted else 0,
            0.0,
            count - 1,
            project.decisions,
        )
    note_decision(project, week, proposal, speaker.role, adopted)
    project.decisions += 1
    return adopted


LINKS = (Link("agenda", "adopted changes", +1, "decide.proposal"),)
