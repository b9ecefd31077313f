"""Rival theories differ in mechanism and not in level: what is off is held at the population mean and cannot be moved."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from coprod_abm.case import Event, load_case
from coprod_abm.draws import replicate_seed
from coprod_abm.measures import NAMES
from coprod_abm.parameters import Parameters, declarations
from coprod_abm.presets import PresetError, preset
from coprod_abm.rules.leadership import mean_support
from coprod_abm.simulate import Outcome, run_once
from coprod_abm.theories import THEORIES, mechanisms, theory_file, theory_names, theory_values
from coprod_abm.world import world_of

CASE = load_case("EN-LPFT")
ENDLESS = {"participation.endings": 0}


def lived(params: Parameters, weeks: int = 156, case: Any = CASE, replicate: int = 0) -> Outcome:
    return run_once(world_of([case], params.replace(ENDLESS)), replicate_seed(1, replicate), weeks, 4)


def without(*keys: str) -> Parameters:
    return Parameters().replace(dict.fromkeys(keys, 0.0))


# ---- what a theory is ----


@pytest.mark.parametrize("name", [*THEORIES, "all"])
def test_a_theory_says_of_every_mechanism_whether_it_acts(name):
    values = theory_values(name)
    assert set(mechanisms()) <= set(values)
    assert {values[key] for key in mechanisms()} <= {0.0, 1.0}
    head = [line for line in theory_file(name).read_text(encoding="utf-8").splitlines() if line.startswith("# ")]
    assert any(line.startswith("# Source: ") for line in head)


def test_all_mechanisms_together_are_the_model_as_it_stands():
    assert preset("theory=all") == Parameters()


def test_every_mechanism_belongs_to_a_theory():
    assert {key for name in THEORIES for key in mechanisms() if theory_values(name)[key] == 1.0} == set(mechanisms())


def test_two_theories_together_have_the_mechanisms_of_both():
    for pair in theory_names():
        first, _, second = pair.partition("+")
        if second:
            one, other, both = theory_values(first), theory_values(second), theory_values(pair)
            assert {key: both[key] for key in mechanisms()} == {key: max(one[key], other[key]) for key in mechanisms()}
            settings = {key: value for key, value in both.items() if key not in mechanisms()}
            assert settings == {key: value for key, value in (other | one).items() if key not in mechanisms()}


def test_a_preset_goes_before_the_theory_and_a_single_setting_before_both():
    params = preset("theory=tokenism", "power=arnstein/partnership", "power.agenda_access=0.4")
    assert (params.power.agenda_access, params.power.decision_rule.name) == (0.4, "two_thirds")
    assert (params.power.floor_gradient, params.efficacy.strength) == (2.5, 0.0)


@pytest.mark.parametrize(
    ("name", "told"),
    [("relation", "Did you mean 'relational'"), ("relational+relational", "twice"), ("relational+", "is not a theory")],
)
def test_a_theory_that_does_not_exist_is_refused(name, told):
    with pytest.raises(PresetError, match=told):
        preset(f"theory={name}")


# ---- held at the mean ----


def people_of(outcome: Outcome, role: int) -> np.ndarray:
    return outcome.world.people[outcome.world.people["role"] == role]


@pytest.mark.parametrize(("strength", "field"), [("efficacy", "efficacy"), ("trust", "trust")])
def test_a_feeling_that_is_off_is_the_mean_of_everyone_throughout(strength, field):
    start, end = (lived(without(f"{strength}.strength"), weeks) for weeks in (4, 156))
    for role in range(3):
        assert len(set(people_of(end, role)[field])) == 1
        assert set(people_of(start, role)[field]) == set(people_of(end, role)[field])


@pytest.mark.parametrize(("strength", "measure"), [("efficacy", "citizen_efficacy"), ("trust", "citizen_trust")])
def test_the_held_mean_is_where_the_population_starts(strength, measure):
    place = NAMES.index(measure)
    held = lived(without(f"{strength}.strength")).seen[0, 0, place]
    started = [lived(Parameters(), 4, replicate=r).seen[0, 0, place] for r in range(60)]
    assert np.mean(started) == pytest.approx(held, abs=0.004)


def test_openness_that_is_off_is_the_professionals_mean():
    outcome = lived(without("trust.strength"))
    assert set(people_of(outcome, 1)["openness"]) == {Parameters().population.professional_openness}


def test_capacity_that_is_off_leaves_nobody_over_or_under_worked():
    outcome = lived(without("capacity.strength").replace({"capacity.workload": 1.5}))
    staff = people_of(outcome, 1)
    assert np.array_equal(staff["demand"], staff["hours"])
    assert set(staff["burnout"]) == {Parameters().population.burnout}


@pytest.mark.parametrize(
    ("key", "measure", "level"),
    [
        ("leadership.climate_strength", "safety", "population.safety"),
        ("leadership.sponsor_strength", "sponsor_support", None),
    ],
)
def test_a_climate_that_is_off_stays_where_it_starts(key, measure, level):
    params = without(key).replace({"leadership.neglect": 0.1, "leadership.sponsor_loss": 0.05})
    lead = params.leadership
    usual = mean_support(
        lead.support, lead.sponsor_loss, lead.sponsor_remainder, lead.support_recovery, lead.sponsor_replacement
    )
    assert set(lived(params).seen[:, 0, NAMES.index(measure)]) == {params.values()[level] if level else usual}


def test_held_support_is_what_sponsors_who_come_and_go_give_on_average():
    params = Parameters().replace({"learning.levels_strength": 0})
    place = NAMES.index("sponsor_support")
    later = [lived(params, 1040, replicate=r).seen[130:, 0, place].mean() for r in range(100)]
    apart = lived(without("leadership.sponsor_strength")).seen[0, 0, place] - np.mean(later)
    assert abs(apart) < 3.3 * np.std(later, ddof=1) / np.sqrt(100)  # error rate .001


def test_reciprocity_that_is_off_does_not_see_what_others_give():
    off = without("reciprocity.strength")
    assert np.array_equal(lived(off).seen, lived(off.replace({"reciprocity.expectation_rate": 1})).seen)
    assert not np.array_equal(
        lived(Parameters()).seen, lived(Parameters().replace({"reciprocity.expectation_rate": 1})).seen
    )


def test_effort_held_at_what_is_usual_is_where_effort_settles():
    place = NAMES.index("commitment")
    live, held = (
        np.mean([lived(params, 312, replicate=r).seen[39:, 0, place].mean() for r in range(60)])
        for params in (Parameters(), without("reciprocity.strength"))
    )
    assert held == pytest.approx(live, abs=0.03)


@pytest.mark.parametrize("name", ["professional_hours", "shared_encounters", "staff_openness"])
def test_capacity_that_is_off_leaves_staff_the_time_they_have_in_ordinary_weeks(name):
    """In the first two months, before burnout has moved where it can; error rate .001."""
    place = NAMES.index(name)
    live, held = (
        np.array([lived(params, 9, replicate=r).seen[-1, 0, place] for r in range(200)])
        for params in (Parameters(), without("capacity.strength"))
    )
    assert abs((held - live).mean()) < 3.3 * (held - live).std(ddof=1) / np.sqrt(200)


def test_time_that_is_off_lets_neither_payment_nor_credits_matter():
    held = without("participation.time_strength")
    paid = held.replace({"reciprocity.payment": 40, "reciprocity.expenses": 1, "reciprocity.time_credits": 1})
    assert np.array_equal(lived(held).seen, lived(paid).seen)
    assert not np.array_equal(lived(Parameters()).seen, lived(paid.replace({"participation.time_strength": 1})).seen)


def test_a_floor_that_is_off_is_everybodys_alike():
    params = without("power.floor_strength").replace({"participation.interval_local": 1})
    people = [lived(params, 104, replicate=r).world.people for r in range(20)]
    members = np.concatenate([one[one["member"] == 1] for one in people])
    by_role = [members["standing"][members["role"] == role].mean() for role in range(3)]
    assert np.abs(by_role).max() < 0.05
    steep = lived(Parameters().replace({"participation.interval_local": 1}), 104).world.people
    assert steep["standing"][(steep["member"] == 1) & (steep["role"] == 2)].mean() > 0.2


@pytest.mark.parametrize("key", ["power.voice_strength", "power.uptake_strength"])
def test_talk_that_is_off_does_not_ask_who_talks(key):
    bold = {"power.voice_efficacy": 8, "power.voice_barrier": 0, "power.deference": 3, "power.citizens_word": 0}
    alone = {k: v for k, v in bold.items() if k.startswith("power.voice") == key.startswith("power.voice")}
    changed = lived(without(key).replace(alone)).seen
    # the usual chance to speak depends on the parameters, so compare what a person's state can do to it
    lowered = without(key, "efficacy.strength").replace(alone)
    raised = lowered.replace({"leadership.user_leader_status": 1.4})
    assert np.array_equal(lived(lowered).seen, lived(raised).seen)
    assert changed.shape == lived(lowered).seen.shape


def test_levels_that_are_off_leave_codes_empty_and_services_apart():
    outcome = lived(without("learning.levels_strength"), case=load_case("SE-JKP"))
    assert not outcome.world.regions["code"].any()
    assert not outcome.world.nations["code"].any()
    assert not outcome.world.projects["adopted"][:, 3].any()


def test_half_a_mechanism_lies_between_none_and_all():
    spread = [lived(Parameters().replace({"efficacy.strength": s})).world.people["efficacy"].std() for s in (0, 0.5, 1)]
    assert spread[0] < spread[1] < spread[2]


# ---- what cannot act has no effect at all ----


@pytest.mark.parametrize(
    "theory", [name for name in THEORIES if theory_values(name)["leadership.sponsor_strength"] == 0]
)
def test_losing_the_sponsor_is_nothing_to_a_theory_without_sponsors(theory):
    lost = dataclasses.replace(CASE, events=(Event(52, "sponsor_leaves"),))
    kept = dataclasses.replace(CASE, events=())
    params = preset(f"theory={theory}")
    assert np.array_equal(lived(params, case=lost).seen, lived(params, case=kept).seen)


def test_strengths_are_declared_alike():
    for key in mechanisms():
        found = declarations()[key]
        assert (found.low, found.high, found.default) == (0.0, 1.0, 1.0)
