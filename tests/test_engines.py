"""Two engines, one model: the readable Mesa model and the fast core agree to the last bit, whatever is asked of them."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from coprod_abm import mesa_model
from coprod_abm.case import Case, Event, Level
from coprod_abm.case_parts import AT_THE_START, EVENT_KINDS
from coprod_abm.declare import ParameterError
from coprod_abm.mesa_model import differences
from coprod_abm.parameters import Parameters, declarations
from coprod_abm.rules.power import DecisionRule
from coprod_abm.rules.representation import RepresentationRule
from coprod_abm.world import world_of

SETTABLE = sorted(
    key for key in declarations() if not key.startswith("population.") and key not in AT_THE_START
)  # others shape the start of a run alone and are refused as events
PAIRS = list(itertools.product(DecisionRule, RepresentationRule))

# What a process needs to leave a trace within half a year, so that a difference in any of them can be seen.
ALL_AT_WORK = Parameters().replace(
    {
        "participation.contact": 0.5,
        "participation.exit_base": -3.0,
        "participation.join_base": 0.0,
        "capacity.staff_turnover": 0.6,
        "capacity.leader_turnover": 0.6,
        "learning.turbulence": 0.01,
        "learning.socialisation": 0.3,
        "learning.organisation_learns": 0.3,
        "learning.code_learns": 0.5,
        "learning.code_teaches": 0.5,
        "learning.between_projects": 0.5,
        "learning.support_from_above": 0.5,
        "learning.support_from_success": 0.5,
        "learning.support_rate": 0.5,
        "leadership.sponsor_loss": 0.05,
        "leadership.facilitator_loss": 0.05,
        "leadership.user_leader": 1,
        "leadership.neglect": 0.05,
        "participation.end_base": -6.0,
        "leadership.implementation_base": -2.0,
        "power.vote_threshold": -1.0,
    }
)


@st.composite
def events(draw: st.DrawFn, site: str) -> tuple[Event, ...]:
    """Up to three events in the first months: any parameter to any admissible value, or something happens to people."""
    found = []
    for key in draw(st.lists(st.sampled_from(SETTABLE), max_size=2)):
        declared = declarations()[key]
        share = draw(st.sampled_from([0.0, 0.25, 0.5, 1.0]))
        value = declared.low + share * (declared.high - declared.low)
        whole = round(value) if declared.options is not None else value
        found.append(Event(draw(st.integers(0, 12)), "set", whole, key, draw(st.sampled_from(["", site]))))
    kinds = draw(st.lists(st.sampled_from(EVENT_KINDS[2:]), max_size=2))
    found += [Event(draw(st.integers(0, 12)), kind, site=draw(st.sampled_from(["", site]))) for kind in kinds]
    return tuple(found)


@st.composite
def worlds(draw: st.DrawFn, site_of: Any, case_of: Any) -> list[Case]:
    """One to three cases of one to four small sites on any level, in one or two countries."""
    cases = []
    for number in range(draw(st.integers(1, 3))):
        sites = []
        for place in range(draw(st.integers(1, 4))):
            citizens, professionals, leaders = (
                draw(st.integers(1, 24)),
                draw(st.integers(1, 6)),
                draw(st.integers(1, 3)),
            )
            seats = [draw(st.integers(0, min(5, most))) for most in (citizens, professionals, leaders)]
            sites.append(
                site_of(
                    f"site {place}",
                    draw(st.sampled_from(Level)),
                    draw(st.sampled_from("RS")),
                    citizens=citizens,
                    professionals=professionals,
                    leaders=leaders,
                    citizen_seats=seats[0] or int(sum(seats) == 0),
                    professional_seats=seats[1],
                    leader_seats=seats[2],
                )
            )
        facts = {"groups": draw(st.sampled_from([(0.8, 0.12, 0.08), (1.0, 0.0, 0.0), (0.2, 0.3, 0.5)]))}
        country = draw(st.sampled_from(["AA", "BB"]))
        cases.append(case_of(*sites, id=f"C{number}", country=country, events=draw(events("site 0")), **facts))
    return cases


def fits(params: Parameters, cases: list[Case]) -> bool:
    """Whether the rules fit the sites and events: a rule for a role that nobody has is refused."""
    try:
        world_of(cases, params)
    except ParameterError:
        return False
    return True


@settings(max_examples=40)
@given(data=st.data(), seed=st.integers(0, 2**63 - 1), weeks=st.integers(1, 20), number=st.integers(0, 10**6))
def test_engines_agree_on_any_world_seed_and_parameters(site_of, case_of, parameters_of, data, seed, weeks, number):
    cases = data.draw(worlds(site_of, case_of))
    freed = data.draw(st.sampled_from([0.0, 0.1, 1.0]))
    params = parameters_of(number, freed)
    assume(fits(params, cases))
    assert differences(params, cases, seed, weeks) == []


@pytest.mark.slow
@settings(max_examples=600)
@given(data=st.data(), seed=st.integers(0, 2**63 - 1), weeks=st.integers(1, 120), number=st.integers(0, 10**6))
def test_engines_agree_on_many_more_worlds(site_of, case_of, parameters_of, data, seed, weeks, number):
    cases = data.draw(worlds(site_of, case_of))
    freed = data.draw(st.sampled_from([0.0, 0.02, 0.1, 0.5, 1.0]))
    params = parameters_of(number, freed)
    assume(fits(params, cases))
    assert differences(params, cases, seed, weeks) == []


@pytest.mark.parametrize(("decision", "whom"), PAIRS, ids=lambda rule: rule.name)
def test_engines_agree_under_every_decision_and_representation_rule(levels_case, decision, whom):
    params = ALL_AT_WORK.replace({"power.decision_rule": decision, "representation.representation_rule": whom})
    assert differences(params, levels_case, seed=7, weeks=16) == []


def test_engines_agree_over_six_years(case_of):
    assert differences(Parameters(), case_of(), seed=3, weeks=312) == []


def test_engines_agree_on_each_replicate(case_of):
    assert [differences(Parameters(), case_of(), seed=3, weeks=12, replicate=r) for r in range(5)] == [[]] * 5


def test_engines_agree_where_a_mean_runs_over_many_sites(site_of, case_of):
    sites = [site_of(f"site {n}", citizens=5, citizen_seats=2) for n in range(20)]
    assert differences(ALL_AT_WORK, case_of(*sites), seed=1, weeks=12) == []


def test_engines_agree_in_a_nation_without_regions(site_of, case_of):
    assert differences(ALL_AT_WORK, case_of(site_of("nation", Level.national)), seed=1, weeks=12) == []


def test_engines_agree_on_a_shipped_case():
    assert differences(Parameters(), "EN-LPFT", seed=1, weeks=26) == []


# ---- the comparison sees what it should see ----

TOLD_IN_BOTH = (
    "shift_reality",
    "fade_tallies",
    "lead_week",
    "lead_month",
    "user_leader_week",
    "happen",
    "may_end",
    "replace_staff",
    "let_members_leave",
    "fill_citizen_seats",
    "fill_staff_seats",
    "staff_week",
    "encounter",
    "professional_met",
    "meeting",
    "give_effort",
    "deliver",
    "citizen_month",
    "socialise",
    "learn_from_insiders",
    "learn_between_levels",
    "begin_membership",
)


@pytest.mark.parametrize("process", TOLD_IN_BOTH)
def test_a_process_left_out_of_one_engine_is_found(monkeypatch, levels_case, process):
    assert differences(ALL_AT_WORK, levels_case, seed=1, weeks=26) == []
    monkeypatch.setattr(mesa_model, process, lambda *_: 0)
    assert differences(ALL_AT_WORK, levels_case, seed=1, weeks=26) != []


def test_two_processes_in_another_order_are_found(monkeypatch, levels_case):
    leave, fill = mesa_model.let_members_leave, mesa_model.fill_citizen_seats

    def fill_first(people, project, p, seed, week, name):
        fill(people, project, p, seed, week, name)
        leave(people, project, p, seed, week)

    monkeypatch.setattr(mesa_model, "let_members_leave", lambda *_: None)
    monkeypatch.setattr(mesa_model, "fill_citizen_seats", fill_first)
    assert differences(ALL_AT_WORK, levels_case, seed=1, weeks=26) != []


def test_a_difference_in_the_last_bit_of_one_person_is_found(monkeypatch, case_of):
    observed = mesa_model.CoproductionModel.observed

    def nudged(model):
        seen = observed(model)
        if model.week == 4:
            person = model.people[3]
            person.trust = float(np.nextafter(person.trust, 2.0))
        return seen

    monkeypatch.setattr(mesa_model.CoproductionModel, "observed", nudged)
    still = Parameters().replace({"participation.contact": 0, "trust.institutional": 0, "participation.meetings": 0})
    assert "people.trust: 1 values differ" in differences(still, case_of(), seed=1, weeks=4)


def test_a_difference_in_one_measure_alone_is_found(monkeypatch, case_of):
    measured = mesa_model.CoproductionModel.measure
    monkeypatch.setattr(
        mesa_model.CoproductionModel,
        "measure",
        lambda model, name: measured(model, name) + (1e-12 if name == "safety" else 0.0),
    )
    assert differences(Parameters(), case_of(), seed=1, weeks=4) == ["measure safety differs"]
