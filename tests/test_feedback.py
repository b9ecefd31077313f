"""What the causal-loop figure shows is what the rules do: every declared link is moved and seen to answer as declared."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from coprod_abm import feedback
from coprod_abm.causes import STATES, SWITCHES, Link
from coprod_abm.delivery import deliver, end_project
from coprod_abm.feedback import LinkError, acting, homes, links, loops, named_loops, signs
from coprod_abm.floor import has_floor, is_open_problem, listen, take_turn
from coprod_abm.levels import learn_from_code
from coprod_abm.meeting import clear, gather
from coprod_abm.membership import unseat
from coprod_abm.mesa_model import CoproductionModel, Thing
from coprod_abm.parameters import Parameters, declarations
from coprod_abm.service import CITIZEN, FEATURES, goal_fulfilment
from coprod_abm.state import EMPTY
from coprod_abm.vote import decide

RULES = [(home, link) for home, link in links() if home in feedback.FAMILIES]
TELLINGS = [(home, link) for home, link in links() if home not in feedback.FAMILIES]

# Where an argument may lie; what is not named lies in [0, 1], or is a whole number from 0 to 2, or true or false.
RANGES: dict[str, tuple[float, float]] = {
    "base": (-4, 2),
    "buy_in": (-1, 1),
    "capacity": (30, 45),
    "claim": (-1, 2),
    "decision_rule": (0, 8),
    "demand": (0, 90),
    "extra_hours": (0, 20),
    "gap": (-1, 0),
    "gradient": (0, 5),
    "lead": (0, 12),
    "present": (2, 12),
    "promise_weeks": (4, 120),
    "quorum": (1, 8),
    "seats_short": (-2, 3),
    "standing": (-1, 1),
    "status_gap": (0, 1.4),
    "status_lead": (-1.4, 1.4),
    "tenure": (0, 200),
    "tie_pull": (0, 10),
    "view": (-1, 1),
    "waiting": (0, 200),
    "weeks_waiting": (0, 200),
    "yearly": (0, 0.6),
}
# Where a link is about one setting of another argument.
HELD: dict[str, dict[str, float]] = {
    "invitation_weight.tie": {"representation_rule": 0},
    "effort.expectation": {"contribution": 0},
    "effort.-free_time": {"contribution": 2},
    "effort.burnout": {"contribution": 2},
    "stepped_belief.towards": {"belief": 0},
    "support_chance.view": {"value": 1},
    "revised_standing.share": {"present": 4},
}
SPAN: dict[str, tuple[float, float]] = {"stepped_belief.towards": (-1, 1)}
TRIES = 60
STEPS = 9


def id_of(declared: tuple[str, Link]) -> str:
    home, link = declared
    return f"{home}: {link.cause} to {link.effect} by {link.by}"


def values(function: Callable[..., Any], name: str, at: tuple[float, float] | None, lots: Any) -> float | int | bool:
    """A value of one argument: anywhere in its range."""
    kind = inspect.signature(function).parameters[name].annotation
    if kind is bool:
        return bool(lots.integers(2))
    low, high = at or RANGES.get(name, (0, 2) if kind is int else (0, 1))
    return int(lots.integers(low, high + 1)) if kind is int else float(lots.uniform(low, high))


def span(function: Callable[..., Any], link: Link) -> list[Any]:
    """The values the cause's argument takes, from low to high."""
    kind = inspect.signature(function).parameters[link.argument].annotation
    if kind is bool:
        return [False, True]
    low, high = SPAN.get(link.by, RANGES.get(link.argument, (0, 2) if kind is int else (0, 1)))
    spaced = np.linspace(low, high, STEPS)
    return sorted({int(value) for value in spaced}) if kind is int else [float(value) for value in spaced]


def answers(function: Callable[..., Any], link: Link, lots: Any) -> np.ndarray:
    """Results of the function as the link's argument moves from low to high, everything else held at one random place."""
    held = {name: values(function, name, None, lots) for name in inspect.signature(function).parameters}
    held |= {name: type(held[name])(value) for name, value in HELD.get(link.by, {}).items()}
    return np.array([float(function(**(held | {link.argument: value}))) for value in span(function, link)])


@pytest.mark.parametrize("declared", RULES, ids=id_of)
def test_a_rule_moves_its_effect_as_declared_and_never_the_other_way(declared):
    home, link = declared
    function = getattr(homes()[home], link.function)
    assert link.argument in inspect.signature(function).parameters, f"{link.function} takes no {link.argument!r}"
    lots = np.random.default_rng(1)
    moved = 0
    for _ in range(TRIES):
        steps = link.sign * link.turns * np.diff(answers(function, link, lots))
        assert (steps >= -1e-12).all(), f"{link.by} goes the other way"
        moved += bool(steps.sum() > 1e-9)
    assert moved > 0, f"{link.by} does not move"


# ---- tellings: a small project of objects, in which the cause is laid and the effect counted ----


@pytest.fixture
def world(case_of):
    model = CoproductionModel(Parameters(), case_of(), seed=3)
    return model, model.projects[0], model.rules[0]


def seated(model: CoproductionModel, project: Thing, p: Parameters) -> int:
    """Everyone with a seat in the room, whatever their mood; returns how many."""
    for person in model.people:
        person.efficacy = person.trust = 1.0
        person.burnout = person.demand = 0.0
        person.hours = 40.0
    clear(model.room)
    return gather(model.people, project, p, model.run_seed, 4, model.room)


def met(model: CoproductionModel, project: Thing, p: Parameters) -> int:
    """A room in which everyone has a voice, weights even."""
    count = seated(model, project, p)
    for place in range(count):
        model.room.weight[place] = 1.0
    return count


def attendance_by_membership(model, project, p):
    seats = [place for place in range(project.seats[CITIZEN]) if project.seat[place] != EMPTY]
    found = [seated(model, project, p)]
    for place in seats:
        unseat(model.people, project, place)
        found.append(seated(model, project, p))
    return found[::-1]


def voice_by_attendance(model, project, p):
    count = met(model, project, p)
    roles = [model.people[model.room.person[place]].role for place in range(count)]
    citizens = roles.count(CITIZEN)
    shares = []
    for present in range(citizens + 1):  # citizens sit first: leave some of them out by giving them no weight
        for place in range(citizens):
            model.room.weight[place] = 1.0 if place < present else 0.0
        total = sum(model.room.weight[:count])
        lots = (np.arange(200) + 0.5) / 200
        shares.append(np.mean([roles[has_floor(model.room, count, total, lot)] == CITIZEN for lot in lots]))
    return shares


def uptake_by_voice(model, project, p):
    count = met(model, project, p)
    counts = [project.moved]
    for turn in range(12):
        value = 1 if turn % 2 else -1
        listen(model.people, project, p, model.run_seed, 4, turn, model.room, count, 0, 0.0, turn, value, None)
        counts.append(project.moved)
    return counts


def agenda_by_voice(model, project, p):
    count = met(model, project, p)
    reached = [0]
    for turn in range(30):
        said = take_turn(
            model.people, project, p, model.run_seed, 4, turn, model.room, count, 0, 0.0, 1.0 * count, None
        )
        reached.append(reached[-1] + (said[0] != EMPTY))
    return reached


def agenda_by_changes(model, project, p):
    wanted = [-value for value in project.design]
    found = []
    for changed in range(FEATURES + 1):
        project.design = [*wanted[:changed], *[-value for value in wanted[changed:]]]
        found.append(sum(is_open_problem(project, 4, feature, wanted[feature]) for feature in range(FEATURES)))
    return found


def adopted_by_agenda(model, project, p):
    count = met(model, project, p)
    adopted = [0.0]
    for feature in range(FEATURES):
        for role in range(3):
            model.room.yes[role] = 0.0
        proposal = (feature, -project.design[feature], 0)
        decide(model.people, project, p, model.run_seed, 4 + feature, model.room, count, proposal, None)
        adopted.append(float(project.agreed))
    return adopted


def implemented_by_adopted(model, project, p):
    found = []
    for waiting in range(0, FEATURES + 1, 5):
        project.pending = [1 if feature < waiting else 0 for feature in range(FEATURES)]
        project.adopted_week = [0] * FEATURES
        project.implemented = 0
        for week in range(1, 30):
            deliver(model.people, project, p, model.run_seed, week, None)
        found.append(project.implemented)
    return found


def seats_by_ending(model, project, p):
    """Seats filled while a project lives, and when it has ended; the link speaks of survival, so the end comes last."""
    filled = [sum(seat != EMPTY for seat in project.seat)]
    end_project(model.people, project, 4, None)
    return [*filled, sum(seat != EMPTY for seat in project.seat)]


def adopted_from_code(model, project, code):
    """Changes taken up from a code in many months of which each draws another lot."""
    before = project.agreed
    for month in range(200):
        learn_from_code(project, code, Parameters(), (month + 0.5) / 200, 0.5, 4 * month)
    taken = project.agreed - before
    project.pending = [0] * FEATURES
    return taken


def adopted_by_code(model, project, p):
    project.support = 1.0
    code, found = model.nations[0], []
    for known in range(0, FEATURES + 1, 3):
        code.code = [-project.design[feature] if feature < known else 0 for feature in range(FEATURES)]
        found.append(adopted_from_code(model, project, code))
    return found


def adopted_by_support(model, project, p):
    code, found = model.nations[0], []
    code.code = [-value for value in project.design]
    for support in np.linspace(0, 1, 6):
        project.support = float(support)
        found.append(adopted_from_code(model, project, code))
    return found


def needs_by_changes(model, project, p):
    right = project.reality
    designs = [[value if f < n else -value for f, value in enumerate(right)] for n in range(FEATURES + 1)]
    return [goal_fulfilment(design, right, 1) for design in designs]


PROBES = {
    "gather.project": attendance_by_membership,
    "has_floor.room": voice_by_attendance,
    "listen.value": uptake_by_voice,
    "take_turn.turn": agenda_by_voice,
    "is_open_problem.project": agenda_by_changes,
    "decide.proposal": adopted_by_agenda,
    "deliver.project": implemented_by_adopted,
    "-end_project.project": seats_by_ending,
    "learn_from_code.code": adopted_by_code,
    "learn_from_code.project": adopted_by_support,
    "goal_fulfilment.design": needs_by_changes,
}


@pytest.mark.parametrize("declared", TELLINGS, ids=id_of)
def test_a_telling_moves_its_effect_as_declared_and_never_the_other_way(declared, world):
    home, link = declared
    function = getattr(homes()[home], link.function)
    assert link.argument in inspect.signature(function).parameters, f"{link.function} takes no {link.argument!r}"
    assert link.by in PROBES, f"add a probe for {link.by} to tests/test_feedback.py"
    steps = link.sign * link.turns * np.diff(np.array(PROBES[link.by](*world), dtype=float))
    assert (steps >= -1e-12).all()
    assert steps.sum() > 0


# ---- the graph ----


def test_each_state_of_the_vocabulary_is_used_and_no_other():
    assert {state for pair in signs() for state in pair} == set(STATES)


def test_a_link_with_a_word_or_a_function_that_does_not_exist_is_refused(monkeypatch):
    for wrong, told in (
        (Link("efficacey", "voice", 1, "revised_trust.trust"), "Did you mean 'efficacy'"),
        (Link("trust", "voice", 1, "no_such_rule.trust"), "not there"),
    ):
        monkeypatch.setattr(homes()["trust"], "LINKS", (wrong,))
        links.cache_clear()
        with pytest.raises(LinkError, match=told):
            links()
    links.cache_clear()


def test_two_rules_that_move_one_effect_in_opposite_directions_are_refused(monkeypatch):
    wrong = (Link("fairness", "trust", 1, "fairness.voice"), Link("fairness", "trust", -1, "fairness.voice"))
    monkeypatch.setattr(homes()["trust"], "LINKS", wrong)
    links.cache_clear()
    signs.cache_clear()
    with pytest.raises(LinkError, match="both raises and lowers"):
        signs()
    monkeypatch.undo()
    links.cache_clear()
    signs.cache_clear()


def test_a_loop_is_reinforcing_where_an_even_number_of_its_links_is_negative():
    for loop in loops():
        assert loop.sign == (-1) ** sum(signs()[step] < 0 for step in loop.steps)
        assert 2 <= len(loop.states) <= feedback.LONGEST
        assert len(set(loop.states)) == len(loop.states)


def test_the_loops_that_the_theories_speak_of_are_found():
    found = {frozenset(loop.states): loop.sign for loop in loops()}
    assert found[frozenset({"success", "efficacy", "attendance", "voice"})] == 1  # empowerment
    assert found[frozenset({"trust", "attendance", "voice", "fairness"})] == 1  # relational
    assert found[frozenset({"effort", "expectation"})] == 1  # conditional cooperation
    assert found[frozenset({"attendance", "workload", "burnout"})] == -1  # resource
    assert found[frozenset({"agenda", "adopted changes", "implemented changes"})] == -1  # problems get solved


def test_every_link_that_lies_on_a_loop_lies_on_a_named_one():
    on_any = {step for loop in loops() for step in loop.steps}
    assert {step for loop in named_loops().values() for step in loop.steps} == on_any


# ---- what acts under which settings ----


def test_each_strength_of_a_mechanism_silences_something():
    strengths = {key for key, found in declarations().items() if found.unit == "strength"}
    assert strengths <= set(SWITCHES)
    words = {word for _, link in links() for word in (link.effect, link.function, link.by)} | set(STATES)
    for key, silenced in SWITCHES.items():
        assert key in declarations()
        assert set(silenced) <= words, key
        on = {key: 1.0}
        assert acting({key: 0.0}) <= acting(on)


def test_a_mechanism_that_is_off_leaves_its_state_unmoved_but_not_without_effect():
    held = acting({"trust.strength": 0.0})
    assert not any(effect in ("trust", "openness") for _, effect in held)
    assert ("trust", "attendance") in held
    assert acting({"trust.strength": 0.5}) == acting({})
