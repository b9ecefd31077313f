"""What `ca.problem` promises: problems for SALib from the declarations, and points that can be simulated."""

import numpy as np
import pytest
from SALib.sample import latin, morris

import coprod_abm as ca
from coprod_abm.declare import ParameterError
from coprod_abm.job import Chunk, job_of, planned, seeds_of, settings_of
from coprod_abm.parameters import declarations
from coprod_abm.presets import FAMILIES
from coprod_abm.problem import DUMMY, LEFT_ALONE, of_family
from coprod_abm.theories import mechanisms


def test_bounds_are_those_of_the_declarations():
    space = ca.problem("all", dummy=False)
    for key, bounds in zip(space["names"], space["bounds"], strict=True):
        found = declarations()[key]
        assert bounds == [found.low, found.high]


def test_families_are_groups_and_single_parameters_stand_alone():
    space = ca.problem(["trust", "power.agenda_access"])
    assert set(space["groups"]) == {"trust", "power.agenda_access", DUMMY}
    assert space["groups"].count("trust") == len(of_family("trust"))
    assert "groups" not in ca.problem("trust", groups=False)


def test_the_dummy_is_always_last_and_never_simulated():
    space = ca.problem(["trust.gain"])
    assert space["names"] == ["trust.gain", DUMMY]
    assert list(ca.sampled_points(space, [[0.5, 0.1]])) == ["trust.gain"]


def test_a_family_leaves_out_what_has_no_in_between():
    inside = {key for family in FAMILIES for key in of_family(family)}
    left = set(declarations()) - inside
    assert {"power.decision_rule", "participation.endings", "leadership.user_leader", *LEFT_ALONE} <= left
    assert all(declarations()[key].unit in ("choice", "switch", "presence") or key in LEFT_ALONE for key in left)


def test_negative_values_that_mean_nothing_is_set_are_not_sampled():
    assert ca.problem("leadership.dial")["bounds"][0] == [0.0, 1.0]


def test_choices_are_drawn_equally_often():
    space = ca.problem(["power.decision_rule"], dummy=False)
    rules = ca.sampled_points(space, latin.sample(dict(space), 900, seed=1))["power.decision_rule"]
    assert set(rules.value_counts()) == {900 // rules.nunique()}
    last = list(declarations()["power.decision_rule"].options.__members__)[-1]
    assert ca.sampled_points(space, [[space["bounds"][0][1]]]).iloc[0, 0] == last


def test_mechanisms_and_own_groups_can_be_free():
    assert ca.problem("mechanisms", dummy=False)["names"] == list(mechanisms())
    mine = ca.problem([], groups={"voice": ["power.voice_base", "power.voice_safety"]})
    assert mine["groups"] == ["voice", "voice", DUMMY]


def test_bounds_narrow_and_fixed_parameters_leave_their_family():
    space = ca.problem("trust", bounds={"trust.gain": (0.1, 0.2)}, fixed=["trust.strength"])
    assert space["bounds"][space["names"].index("trust.gain")] == [0.1, 0.2]
    assert "trust.strength" not in space["names"]


@pytest.mark.parametrize(
    ("asked", "named", "told"),
    [
        ([], {}, "Nothing is free"),
        (["trst"], {}, "Did you mean 'trust'"),
        (["trust.gian"], {}, "Did you mean 'trust.gain'"),
        (["trust", "trust.gain"], {}, "trust.gain is free twice: in trust and in trust.gain"),
        (["trust", "trust"], {}, "free twice"),
        (["trust"], {"groups": {"mine": []}}, "The group 'mine' has no parameters"),
        (["trust"], {"groups": {"mine": "efficacy"}}, "Give a list"),
        (["trust"], {"groups": {"trust": ["efficacy"]}}, "cannot be called 'trust'"),
        (["trust"], {"bounds": {"efficacy.gain": (0, 1)}}, "which is not free"),
        (["trust.gain"], {"bounds": {"trust.gain": (0.5, 0.5)}}, "hold nothing"),
        (["trust.gain"], {"bounds": {"trust.gain": (0.5, 1.5)}}, "outside its declared range"),
        (["power.decision_rule"], {"bounds": {"power.decision_rule": (0, 1)}}, "is a choice"),
        (["trust.gain"], {"fixed": ["trust.gain"]}, "free and fixed at once"),
        (["efficacy"], {"fixed": list(of_family("efficacy"))}, "The group 'efficacy' has no parameters left"),
    ],
)
def test_what_cannot_be_a_problem_is_refused_by_name(asked, named, told):
    with pytest.raises((ca.ProblemError, ParameterError), match=told):
        ca.problem(asked, **named)


def test_samples_that_do_not_fit_are_refused():
    space = ca.problem(["trust.gain"])
    with pytest.raises(ca.ProblemError, match="one column for each"):
        ca.sampled_points(space, np.zeros((4, 3)))
    with pytest.raises(ca.ProblemError, match=r"trust\.gain is not a number in row 1"):
        ca.sampled_points(space, [[0.1, 0.0], [np.nan, 0.0]])


def test_no_point_of_all_families_contradicts_itself_in_any_case():
    space = ca.problem("all")
    samples = [latin.sample(dict(space), 60, seed=2), morris.sample(dict(space), 6, num_levels=4, seed=2)]
    chosen = [ca.load_case(name) for name in ca.cases() if name != "EN-NAT"]
    job = job_of(ca.sampled_points(space, np.concatenate(samples)), chosen, ["need_met"], 1)
    points = job.points
    errors = planned(job, Chunk(0, 0, job.size, ""), settings_of(points), seeds_of(job, points))[1]
    assert [error for error in errors if error] == []
