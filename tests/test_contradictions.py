"""Settings that contradict each other are refused before anything runs, with both named and a way out."""

import itertools

import pytest

from coprod_abm.case import Event
from coprod_abm.contradictions import CONTRADICTIONS, check_consistent
from coprod_abm.declare import ParameterError
from coprod_abm.parameters import Parameters
from coprod_abm.presets import preset, presets
from coprod_abm.simulate import simulate
from coprod_abm.world import world_of

TOGETHER = [
    (("power=spaces/claimed", "theory=tokenism"), "power.space = claimed", "power.claim_efficacy = 0.6"),
    (("leadership=collective", "power=directive"), "leadership.appointed = 0", "power.decision_rule = directive"),
    (("leadership=collective", "leadership.casting_vote=1"), "leadership.appointed = 0", "leadership.casting_vote = 1"),
    (
        ("leadership=collective", "leadership.agenda_control=0.9"),
        "leadership.appointed = 0",
        "leadership.agenda_control",
    ),
    (("power=spaces/closed", "power.citizen_seat_share=0.3"), "power.space = closed", "power.citizen_seat_share = 0.3"),
    (("power=spaces/closed", "leadership=roles/user_leader"), "power.space = closed", "leadership.user_leader = 1"),
    (("power.space=closed", "power.decision_rule=citizen_control"), "power.space = closed", "citizen_control"),
    (
        ("power=spaces/claimed", "representation=stratified"),
        "power.space = claimed",
        "representation_rule = stratified",
    ),
    (
        ("power=citizen_control", "power.citizen_vote=0"),
        "power.decision_rule = citizen_control",
        "power.citizen_vote = 0",
    ),
]


@pytest.mark.parametrize(("choices", "one", "other"), TOGETHER)
def test_two_settings_that_contradict_each_other_are_both_named(choices, one, other):
    with pytest.raises(ParameterError, match="contradict each other") as refusal:
        preset(*choices)
    assert one in str(refusal.value)
    assert other in str(refusal.value)


def test_every_contradiction_has_an_example():
    named = {(found.first, found.second) for found in CONTRADICTIONS}
    shown = set()
    for choices, _, _ in TOGETHER:
        values = {}
        for choice in choices:
            key, _, value = choice.partition("=")
            values |= {key: value if not value[0].isdigit() else float(value)} if "." in key else {}
        for found in CONTRADICTIONS:
            try:
                params = preset(*choices)
            except ParameterError as refusal:
                if found.first in str(refusal) and found.second in str(refusal):
                    shown.add((found.first, found.second))
            else:
                check_consistent(params)
    assert shown == named


def test_defaults_and_every_preset_alone_are_consistent():
    check_consistent(Parameters())
    for family in Parameters().families():
        for name in presets(family):
            preset(f"{family}={name}")


def test_of_all_pairs_of_power_and_leadership_only_those_are_refused_that_say_why():
    refused = set()
    for power, leadership in itertools.product(presets("power"), presets("leadership")):
        try:
            preset(f"power={power}", f"leadership={leadership}")
        except ParameterError:
            refused.add((power, leadership))
    leaders_decide = {
        name for name in presets("power") if preset(f"power={name}").power.decision_rule.name == "directive"
    }
    expected = {(power, "collective") for power in leaders_decide} | {("spaces/closed", "roles/user_leader")}
    assert refused == expected


@pytest.mark.parametrize(
    ("rule", "seats"),
    [
        ("power.decision_rule=directive", {"leader_seats": 0}),
        ("power.decision_rule=professional_veto", {"professional_seats": 0}),
        ("power.decision_rule=citizen_control", {"citizen_seats": 0}),
        ("leadership.user_leader=1", {"citizen_seats": 0}),
    ],
)
def test_a_rule_for_a_role_that_a_case_lacks_is_refused(case_of, site_of, rule, seats):
    key, _, value = rule.partition("=")
    case = case_of(site_of("one", **seats))
    with pytest.raises(ParameterError, match=rf"{key} = {value} and \w+_seats = 0 at site 'one' contradict each other"):
        simulate(preset(rule), case, replicates=1, weeks=4)


def test_quotas_of_more_groups_than_seats_are_refused(case_of, site_of):
    case = case_of(site_of("one", citizen_seats=2))
    with pytest.raises(ParameterError, match="representation_rule = stratified and citizen_seats = 2 contradict"):
        world_of([case], preset("representation=stratified"))
    world_of([case], preset("representation=stratified", "representation.quota_equality=0"))


def test_more_seats_for_citizens_than_there_are_is_refused(case_of, site_of):
    case = case_of(site_of("one", citizens=4))
    with pytest.raises(ParameterError, match=r"citizen_seat_share = 1 and citizens = 4 .* more than there are"):
        world_of([case], preset("power.citizen_seat_share=1"))


def test_a_share_that_leaves_no_seat_to_those_who_decide_is_refused(case_of, site_of):
    with pytest.raises(
        ParameterError, match=r"decision_rule = citizen_control and power.citizen_seat_share = 0 at site"
    ):
        world_of([case_of()], preset("power.citizen_seat_share=0", "power.decision_rule=citizen_control"))


def test_an_event_that_brings_a_contradiction_is_refused_with_its_week(case_of):
    case = case_of(events=(Event(20, "set", "directive", "power.decision_rule"),))
    with pytest.raises(ParameterError, match=r"From the event of week 20 on, leadership.appointed = 0 and power"):
        world_of([case], preset("leadership=collective"))


@pytest.mark.parametrize(
    "choices",
    [
        ("power=arnstein/citizen_control", "power.decision_rule=directive"),
        ("power=arnstein/citizen_control", "power.decision_rule=professional_veto"),
    ],
)
def test_seats_given_to_citizens_leave_nobody_who_decides_or_vetoes(case_of, choices):
    with pytest.raises(ParameterError, match=r"decision_rule = \w+ and power.citizen_seat_share = 1 at site"):
        world_of([case_of()], preset(*choices))


@pytest.mark.parametrize("setting", ["leadership.casting_vote=1", "leadership.agenda_control=0.9"])
def test_what_a_leader_does_needs_a_leaders_seat(case_of, site_of, setting):
    with pytest.raises(ParameterError, match=rf"{setting.partition('=')[0]} = .* and leader_seats = 0 at site"):
        world_of([case_of(site_of("one", leader_seats=0))], preset(setting))


def test_a_claim_needs_seats_for_the_claimants(case_of, site_of):
    with pytest.raises(ParameterError, match=r"power.claimants = 3 and citizen_seats = 2 contradict"):
        world_of([case_of(site_of("one", citizen_seats=2))], preset("power=spaces/claimed"))


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (
            Event(5, "set", "directive", "power.decision_rule"),
            r"week 5 on, power.decision_rule = directive and leader_seats",
        ),
        (
            Event(5, "add", 0.8, "leadership.agenda_control"),
            r"week 5 on, leadership.agenda_control = 0.9 and leader_seats",
        ),
    ],
)
def test_events_fit_the_site_too(case_of, site_of, event, told):
    case = case_of(site_of("one", leader_seats=0), events=(event,))
    with pytest.raises(ParameterError, match=told):
        world_of([case], Parameters())


def test_two_values_for_one_parameter_in_one_week_are_refused(case_of):
    twice = tuple(Event(9, "set", value, "power.agenda_access") for value in (0.1, 0.9))
    with pytest.raises(ParameterError, match=r"power.agenda_access = 0.1 and power.agenda_access = 0.9 .* week 9"):
        world_of([case_of(events=twice)], Parameters())
