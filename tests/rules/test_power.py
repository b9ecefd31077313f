"""Power: who gets the floor, whose word counts, what reaches the agenda, and how votes become a decision (E3–E8)."""

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coprod_abm.draws import STREAM, pick, uniform
from coprod_abm.parameters import Parameters
from coprod_abm.rules.power import (
    DecisionRule,
    Space,
    agenda_chance,
    can_meet,
    claim_to_floor,
    expressed_view,
    floor_weight,
    is_adopted,
    may_sit,
    revised_standing,
    seats_by_role,
    speaking_up_chance,
    stepped_belief,
    support_chance,
    uptake_chance,
    vote_weight,
    weight_of_word,
    with_casting_vote,
)
from coprod_abm.rules.trust import regard

DEFAULTS = Parameters().power
unit = st.floats(0, 1)
status = st.floats(-0.5, 2)
gap = st.floats(0, 2)
slope = st.floats(0, 8)
belief = st.sampled_from((-1, 0, 1))
STRICT_TO_LAX = DecisionRule.consensus, DecisionRule.three_quarters, DecisionRule.two_thirds, DecisionRule.majority


def log_odds(chance: float) -> float:
    return math.log(chance / (1.0 - chance))


def shares(claims: Sequence[float], gradient: float) -> list[float]:
    weights = [floor_weight(claim, gradient) for claim in claims]
    return [weight / sum(weights) for weight in weights]


# ---- the floor (E3) ----


def test_claim_to_the_floor_is_the_weighted_mean_of_status_and_standing():
    assert claim_to_floor(1.4, 0.0, 0.5) == pytest.approx(0.7)
    assert claim_to_floor(2.0, -1.0, 0.25) == pytest.approx(-0.25)
    assert claim_to_floor(0.3, 0.8, 1.0) == 0.3
    assert claim_to_floor(0.3, 0.8, 0.0) == 0.8


@given(status, st.floats(-1, 1), unit)
def test_claim_to_the_floor_lies_between_status_and_standing(own_status, standing, weight):
    low, high = sorted((own_status, standing))
    assert low - 1e-12 <= claim_to_floor(own_status, standing, weight) <= high + 1e-12


@given(st.lists(status, min_size=2, max_size=12))
def test_without_a_gradient_everyone_has_the_same_share_of_the_floor(claims):
    assert shares(claims, 0.0) == pytest.approx([1 / len(claims)] * len(claims))


def test_the_odds_of_two_people_to_get_the_floor_are_the_exponential_of_gradient_times_lead():
    assert floor_weight(1.4, 1.9) / floor_weight(0.4, 1.9) == pytest.approx(math.exp(1.9))
    assert floor_weight(0.5, 2.0) == pytest.approx(math.e)


@given(status, status, st.floats(0, 5))
def test_who_has_the_greater_claim_speaks_at_least_as_often(one, other, gradient):
    low, high = sorted((one, other))
    assert floor_weight(low, gradient) <= floor_weight(high, gradient)


def test_bales_hierarchy_among_six_between_a_citizens_and_a_leaders_status():
    # Bales: the most active of six holds .43–.45 of the acts; claims evenly apart make a geometric series
    ratio = math.exp(-1.9 * 1.4 / 5)
    talk = shares([1.4 * (1 - place / 5) for place in range(6)], 1.9)
    assert talk == pytest.approx([ratio**place * (1 - ratio) / (1 - ratio**6) for place in range(6)])
    assert 0.43 <= round(talk[0], 2) <= 0.45


def test_standing_moves_towards_how_much_more_than_an_equal_share_one_spoke():
    assert revised_standing(0.0, 1 / 3, 6, 0.3) == pytest.approx(0.3)  # twice an equal share
    assert revised_standing(0.0, 0.0, 6, 0.3) == pytest.approx(-0.3)  # silent
    assert revised_standing(0.5, 0.3, 5, 0.2) == pytest.approx(0.5)  # already there
    assert revised_standing(0.8, 0.1, 5, 1.0) == pytest.approx(-0.5)


def test_twice_an_equal_share_earns_all_the_standing_there_is():
    assert revised_standing(0.0, 1.0, 12, 1.0) == revised_standing(0.0, 1 / 6, 12, 1.0) == 1.0
    assert revised_standing(0.5, 0.9, 6, 0.2) == pytest.approx(0.6)


def settled_shares(gradient: float) -> list[float]:
    """Shares of the floor among six of equal status, whose standing follows their talk over 400 meetings."""
    standing = [0.005, 0.004, 0.003, 0.002, 0.001, 0.0]
    for _ in range(400):
        talk = shares([claim_to_floor(0.0, own, 0.4) for own in standing], gradient)
        standing = [revised_standing(own, share, 6, 0.3) for own, share in zip(standing, talk, strict=True)]
    return talk


@pytest.mark.parametrize("gradient", [0.0, 1.0, 1.6])
def test_equals_stay_equal_where_the_gradient_times_the_weight_of_standing_is_below_one(gradient):
    assert settled_shares(gradient) == pytest.approx([1 / 6] * 6, abs=1e-3)


def test_above_that_a_hierarchy_appears_among_equals_in_which_nobody_holds_the_floor_alone():
    # top share x with full standing, the rest alike: x = 1 / (1 + 5·exp(−γ'(1−w)(2 − 6(1−x)/5)))
    talk = settled_shares(1.9)
    top = talk[0]
    assert top == pytest.approx(1 / (1 + 5 * math.exp(-1.9 * 0.6 * (2 - 6 * (1 - top) / 5))), abs=1e-6)
    assert 0.4 < top < 0.5


@given(st.floats(-1, 1), st.integers(3, 24), unit)
def test_an_equal_share_of_the_talk_lets_standing_fade_to_nothing(standing, present, rate):
    assert revised_standing(standing, 1 / present, present, rate) == pytest.approx(standing * (1 - rate), abs=1e-12)


# ---- speaking up and uptake (E4, E5) ----


def test_the_log_odds_of_speaking_up_add_safety_efficacy_encouragement_and_take_off_the_status_gap():
    chance = speaking_up_chance(0.7, 0.9, 1.2, 0.1, 2.0, 3.0, 0.5, 0.3)
    assert log_odds(chance) == pytest.approx(0.1 + 2.0 * 0.4 + 3.0 * 0.2 + 0.3 - 0.5 * 1.2)


@given(unit, unit, unit, unit, gap, gap, st.floats(-4, 4), slope, slope, slope, slope)
def test_efficacy_and_safety_raise_speaking_up_and_a_status_gap_silences(
    less, more, tense, safe, near, far, base, by_safety, by_efficacy, barrier, encouragement
):
    less, more = sorted((less, more))
    tense, safe = sorted((tense, safe))
    near, far = sorted((near, far))
    bold = speaking_up_chance(more, safe, near, base, by_safety, by_efficacy, barrier, encouragement)
    assert 0 <= bold <= 1
    assert speaking_up_chance(less, safe, near, base, by_safety, by_efficacy, barrier, encouragement) <= bold
    assert speaking_up_chance(more, tense, near, base, by_safety, by_efficacy, barrier, encouragement) <= bold
    assert speaking_up_chance(more, safe, far, base, by_safety, by_efficacy, barrier, encouragement) <= bold
    assert speaking_up_chance(more, safe, near, base, by_safety, by_efficacy, barrier, 0.0) <= bold


def test_a_citizen_who_faces_a_leader_mostly_keeps_to_what_is_shared():
    # Lu 2012: what all know is mentioned far more than what one side knows
    slopes = DEFAULTS.voice_base, DEFAULTS.voice_safety, DEFAULTS.voice_efficacy, DEFAULTS.voice_barrier
    assert speaking_up_chance(0.45, 0.45, 1.4, *slopes, 0.0) < 0.25


def test_a_peers_word_is_taken_up_at_the_plain_rate():
    assert uptake_chance(0.35, 0.5, 0.0, 0.5) == pytest.approx(0.35)


def test_a_word_counts_by_the_exponential_of_the_status_lead_and_by_regard():
    assert uptake_chance(0.2, 0.5, 1.0, 0.75) == pytest.approx(0.2 * math.exp(0.5) * 1.5)
    assert uptake_chance(0.2, 0.5, -1.4, 0.25) == pytest.approx(0.1 * math.exp(-0.7))


@given(unit, st.floats(0, 3), status, status, unit, unit)
def test_uptake_is_a_probability_that_rises_with_status_and_regard(rate, deference, one, other, esteem, more_esteem):
    low, high = sorted((one, other))
    little, much = sorted((esteem, more_esteem))
    chance = uptake_chance(rate, deference, high, much)
    assert 0 <= chance <= 1
    assert uptake_chance(rate, deference, low, much) <= chance
    assert uptake_chance(rate, deference, high, little) <= chance


def test_a_word_never_persuades_more_often_than_always():
    assert uptake_chance(1.0, 3.0, 1.4, 1.0) == 1.0


def test_nobody_takes_up_the_word_of_someone_held_in_no_regard():
    assert uptake_chance(1.0, 3.0, 1.4, 0.0) == 0.0


@given(status)
def test_without_deference_status_does_not_change_whose_word_counts(lead):
    assert uptake_chance(0.3, 0.0, lead, 0.5) == pytest.approx(0.3)


@given(belief, belief)
def test_a_belief_moves_one_step_at_a_time_and_stays_in_range(held, said):
    after = stepped_belief(held, said)
    assert after - held == (said > held) - (said < held)
    assert stepped_belief(after, said) == said


# ---- the agenda and expressed views (E6, E8) ----


def test_only_citizens_without_an_agenda_right_need_access():
    assert agenda_chance(True, False, 0.2, Space.invited) == 0.2
    assert agenda_chance(True, True, 0.2, Space.invited) == 1.0
    assert agenda_chance(False, False, 0.2, Space.invited) == 1.0
    assert agenda_chance(False, True, 0.2, Space.invited) == 1.0


def test_invisible_power_draws_a_citizens_view_towards_the_professionals():
    assert expressed_view(1.0, -1.0, 0.25) == pytest.approx(0.5)
    assert expressed_view(-1.0, 0.5, 0.4) == pytest.approx(-0.4)
    assert expressed_view(0.0, -1.0, 0.25) == pytest.approx(-0.25)
    assert expressed_view(1.0, -1.0, 0.0) == 1.0
    assert expressed_view(1.0, -0.3, 1.0) == -0.3


# ---- votes (E7) ----


def test_the_log_odds_of_support_add_view_and_trust_and_take_off_caution():
    assert log_odds(support_chance(0.5, -1, 0.9, 2.0, 1.5, 0.25)) == pytest.approx(-1.0 + 0.6 - 0.25)
    assert log_odds(support_chance(1.0, 1, 0.3, 3.0, 2.0, -0.5)) == pytest.approx(3.0 - 0.4 + 0.5)


@given(st.floats(-1, 1), unit, unit, slope, slope, st.floats(-2, 4), st.floats(-2, 4))
def test_support_rises_with_trust_and_falls_with_caution(view, one, other, sharpness, by_trust, easy, hard):
    little, much = sorted((one, other))
    easy, hard = sorted((easy, hard))
    chance = support_chance(view, 1, much, sharpness, by_trust, easy)
    assert 0 <= chance <= 1
    assert support_chance(view, 1, little, sharpness, by_trust, easy) <= chance
    assert support_chance(view, 1, much, sharpness, by_trust, hard) <= chance


@given(st.floats(-1, 1), unit, slope, slope, st.floats(-2, 4))
def test_support_looks_at_agreement_and_not_at_which_value_is_proposed(view, esteem, sharpness, by_trust, caution):
    one = support_chance(view, 1, esteem, sharpness, by_trust, caution)
    assert one == support_chance(-view, -1, esteem, sharpness, by_trust, caution)


@given(st.floats(-1, 1), slope)
def test_without_trust_and_caution_support_for_a_change_and_its_opposite_add_to_one(view, sharpness):
    for_it = support_chance(view, 1, 0.5, sharpness, 1.5, 0.0)
    assert for_it + support_chance(view, -1, 0.5, sharpness, 1.5, 0.0) == pytest.approx(1.0)


@pytest.mark.parametrize("rule", [rule for rule in DecisionRule if rule != DecisionRule.status_weighted])
def test_status_does_not_weigh_votes_unless_the_rule_says_so(rule):
    assert vote_weight(rule, True, 1.4, 0.3) == 0.3
    assert vote_weight(rule, False, 1.4, 0.3) == 1.0


def test_status_weighted_votes_start_at_half_a_vote_and_never_fall_below():
    rule = DecisionRule.status_weighted
    assert vote_weight(rule, False, 1.0, 0.3) == pytest.approx(1.5)
    assert vote_weight(rule, True, 0.2, 0.4) == pytest.approx(0.4 * 0.7)
    assert vote_weight(rule, False, 0.0, 1.0) == vote_weight(rule, False, -0.4, 1.0) == 0.5


def decided(
    rule: DecisionRule,
    yes: float,
    total: float,
    citizens: tuple[float, float] = (0, 0),
    professionals: tuple[float, float] = (0, 0),
    leaders: tuple[float, float] = (0, 0),
    lot: float = 0.5,
) -> bool:
    return is_adopted(rule, yes, total, *citizens, *professionals, *leaders, lot)


def chance_of_adoption(rule: DecisionRule, members: int, support: float) -> float:
    """By enumerating every way in which ``members`` equal people can vote."""
    chance = 0.0
    for votes in itertools.product((0, 1), repeat=members):
        if decided(rule, sum(votes), members):
            chance += support ** sum(votes) * (1 - support) ** (members - sum(votes))
    return chance


@pytest.mark.parametrize(
    ("rule", "needed", "published"),
    [
        (DecisionRule.majority, 5, 0.733),
        (DecisionRule.status_weighted, 5, 0.733),
        (DecisionRule.two_thirds, 6, 0.483),
        (DecisionRule.three_quarters, 7, 0.232),
        (DecisionRule.consensus, 9, 0.0101),
    ],
)
def test_decision_rules_are_exact_binomial_tails(rule, needed, published):
    tail = sum(math.comb(9, k) * 0.6**k * 0.4 ** (9 - k) for k in range(needed, 10))
    assert chance_of_adoption(rule, 9, 0.6) == pytest.approx(tail)
    assert tail == pytest.approx(published, abs=5e-4)


@pytest.mark.parametrize(
    ("rule", "share", "is_enough"),
    [
        (DecisionRule.majority, Fraction(1, 2), False),
        (DecisionRule.status_weighted, Fraction(1, 2), False),
        (DecisionRule.two_thirds, Fraction(2, 3), True),
        (DecisionRule.three_quarters, Fraction(3, 4), True),
        (DecisionRule.consensus, Fraction(1), True),
    ],
)
def test_each_rule_asks_for_its_share_of_votes_and_no_more(rule, share, is_enough):
    for total in range(1, 25):
        for yes in range(total + 1):
            enough = Fraction(yes, total) > share or (is_enough and Fraction(yes, total) == share)
            assert decided(rule, yes, total) == enough


def test_consensus_is_lost_by_the_smallest_weight_against():
    assert not decided(DecisionRule.consensus, 11.99, 12)


def test_even_votes_of_little_weight_decide_where_there_are_no_others():
    assert decided(DecisionRule.majority, 0.05, 0.05)


@given(st.lists(st.tuples(st.floats(0.0, 2.0), st.booleans()), min_size=1, max_size=24))
def test_what_a_stricter_rule_adopts_every_laxer_rule_adopts(votes):
    total, yes = 0.0, 0.0
    for weight, favours in votes:
        total += weight
        yes += weight if favours else 0.0
    adopted = [decided(rule, yes, total) for rule in STRICT_TO_LAX]
    assert adopted == sorted(adopted)


@given(st.sampled_from(DecisionRule), st.integers(1, 9), st.integers(1, 9), st.integers(1, 3), unit)
def test_all_in_favour_adopt_and_none_in_favour_reject_under_every_rule(rule, citizens, professionals, leaders, lot):
    total = citizens + professionals + leaders
    everyone = (citizens, citizens), (professionals, professionals), (leaders, leaders)
    nobody = (0, citizens), (0, professionals), (0, leaders)
    assert decided(rule, total, total, *everyone, lot=min(lot, 0.999))
    assert not decided(rule, 0, total, *nobody, lot=lot)


@pytest.mark.parametrize("rule", DecisionRule)
def test_nothing_is_adopted_where_nobody_may_vote(rule):
    assert not decided(rule, 0.0, 0.0, lot=0.0)


@pytest.mark.parametrize("rule", [rule for rule in DecisionRule if rule not in (DecisionRule.directive, 1, 7)])
def test_a_single_vote_decides_where_only_one_is_cast(rule):
    assert decided(rule, 1.0, 1.0)
    assert not decided(rule, 0.0, 1.0)


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_professionals_who_do_not_mostly_agree_block_what_has_a_majority(citizens, in_favour, against):
    yes, total = citizens + in_favour, citizens + in_favour + against
    professionals = in_favour, in_favour + against
    adopted = decided(DecisionRule.professional_veto, yes, total, professionals=professionals)
    vetoed = professionals[1] > 0 and in_favour <= against
    assert adopted == (decided(DecisionRule.majority, yes, total) and not vetoed)


def test_half_of_the_professionals_are_enough_to_veto_and_none_present_cannot():
    assert not decided(DecisionRule.professional_veto, 8, 10, professionals=(2, 4))
    assert decided(DecisionRule.professional_veto, 8, 10, professionals=(3, 4))
    assert not decided(DecisionRule.professional_veto, 4, 10, professionals=(4, 4))
    assert not decided(DecisionRule.professional_veto, 5, 10, professionals=(4, 4))
    assert decided(DecisionRule.professional_veto, 6, 10)
    assert not decided(DecisionRule.professional_veto, 6, 7, professionals=(0, 1))


def test_under_directive_leadership_only_the_leaders_count():
    assert decided(DecisionRule.directive, 1, 12, (0, 6), (0, 5), (1, 1))
    assert not decided(DecisionRule.directive, 11, 12, (6, 6), (5, 5), (0, 1))
    assert not decided(DecisionRule.directive, 11, 13, (6, 6), (5, 5), (1, 2))


def test_under_directive_leadership_professionals_stand_in_for_absent_leaders_and_citizens_never():
    assert decided(DecisionRule.directive, 3, 11, (0, 6), (3, 5))
    assert not decided(DecisionRule.directive, 8, 10, (6, 6), (2, 4))
    assert decided(DecisionRule.directive, 1, 7, (0, 6), (1, 1))
    assert not decided(DecisionRule.directive, 6, 6, (6, 6))


@given(st.integers(0, 6), st.integers(0, 5), st.integers(0, 1))
def test_citizen_control_ignores_all_other_votes(citizens_yes, professionals_yes, leaders_yes):
    yes = citizens_yes + professionals_yes + leaders_yes
    adopted = decided(
        DecisionRule.citizen_control, yes, 12, (citizens_yes, 6), (professionals_yes, 5), (leaders_yes, 1)
    )
    assert adopted == (citizens_yes > 3)


def test_one_citizen_alone_has_citizen_control_and_without_citizens_nothing_is_adopted():
    assert decided(DecisionRule.citizen_control, 1, 7, (1, 1), (0, 6))
    assert not decided(DecisionRule.citizen_control, 6, 6, (0, 0), (6, 6))


@given(st.integers(1, 12), st.integers(1, 12))
def test_a_lottery_adopts_with_the_probability_of_the_share_in_favour(one, other):
    yes, total = sorted((one, other))
    lots = [(place + 0.5) / 240 for place in range(240)]
    adopted = sum(decided(DecisionRule.lottery, yes, total, lot=lot) for lot in lots)
    assert adopted / 240 == pytest.approx(yes / total, abs=1 / 240)


@given(st.integers(0, 8), st.integers(0, 7))
def test_a_lottery_draws_one_vote_as_every_other_draw_is_made(yes, eighth):
    # eighths are exact in binary, so the edges between two votes are hit
    assert decided(DecisionRule.lottery, yes, 8, lot=eighth / 8) == (pick(eighth / 8, 8) < yes)


# ---- symmetry ----


@given(st.permutations(range(3)), status, unit)
def test_relabelled_roles_with_equal_status_and_regard_have_equal_influence(labels, lead, esteem):
    as_they_are = influence(0, 1, lead, esteem)
    assert influence(labels[0], labels[1], lead, esteem) == as_they_are


def influence(speaker: int, listener: int, lead: float, esteem: float) -> tuple[float, ...]:
    """Uptake, agenda access and weight of a vote where the agenda is open and citizens have full votes."""
    held = regard(listener, speaker, esteem, esteem)
    return (
        uptake_chance(0.35, 0.5, lead, held),
        agenda_chance(speaker == 0, False, 1.0, Space.invited),
        vote_weight(DecisionRule.majority, speaker == 0, lead, 1.0),
        vote_weight(DecisionRule.status_weighted, speaker == 0, lead, 1.0),
    )


@given(st.permutations(((4, 6), (2, 5), (1, 1))), st.sampled_from((2, 3, 4, 5, 6, 8)))
def test_rules_that_count_heads_do_not_ask_whose_head_it_is(tallies, rule):
    assert decided(DecisionRule(rule), 7, 12, *tallies) == decided(DecisionRule(rule), 7, 12, (4, 6), (2, 5), (1, 1))


# ---- uptake alone ----


def test_uptake_alone_is_a_voter_model_whose_fixation_probability_is_the_floor_weighted_share():
    # Limit: beliefs ±1, a persuaded listener adopts fully, no trust, no deference, no resistance. The floor-weighted share
    # of +1 is then a martingale. 4,000 groups, two-sided 99.9 % interval of a binomial share, draws fixed.
    talk = shares([0.0, 0.0, 0.4, 0.0, 1.0, 1.4], 1.9)
    beliefs = [-1, -1, -1, -1, 1, 1]
    expected = sum(share for share, held in zip(talk, beliefs, strict=True) if held > 0)
    groups = 4_000
    fixed = sum(fixation(group, talk, beliefs) for group in range(groups)) / groups
    assert abs(fixed - expected) < 3.29 * math.sqrt(expected * (1 - expected) / groups)
    assert expected > 2 * 2 / 6  # far from the plain share of heads


def fixation(group: int, talk: list[float], start: list[int]) -> bool:
    """Whether +1 takes over a group of six in which only uptake acts."""
    beliefs = list(start)
    for turn in itertools.count():
        if len(set(beliefs)) == 1:
            return beliefs[0] == 1
        left, speaker = uniform(1, STREAM.floor, group, turn, 0), 0
        while left > talk[speaker] and speaker < 5:
            left -= talk[speaker]
            speaker += 1
        for listener in range(6):
            if uniform(1, STREAM.uptake, group, turn, listener) < uptake_chance(0.7, 0.0, 1.4, 0.5):
                said = beliefs[speaker]
                beliefs[listener] = stepped_belief(stepped_belief(beliefs[listener], said), said)
    raise AssertionError


# ---- words across the line, spaces, casting votes ----


def test_words_weigh_differently_only_between_citizens_and_staff():
    assert weight_of_word(True, False, 0.3, 1.7) == 0.3
    assert weight_of_word(False, True, 0.3, 1.7) == 1.7
    assert weight_of_word(True, True, 0.3, 1.7) == 1.0
    assert weight_of_word(False, False, 0.3, 1.7) == 1.0


@pytest.mark.parametrize("space", [Space.closed, Space.invited])
def test_where_the_service_opens_the_space_citizens_need_access(space):
    assert agenda_chance(True, False, 0.2, space) == 0.2
    assert agenda_chance(True, True, 0.2, space) == 1.0
    assert agenda_chance(False, False, 0.2, space) == 1.0


def test_where_citizens_claim_the_space_staff_need_access():
    assert agenda_chance(True, False, 0.2, Space.claimed) == 1.0
    assert agenda_chance(False, False, 0.2, Space.claimed) == 0.2
    assert agenda_chance(False, True, 0.2, Space.claimed) == 1.0


@pytest.mark.parametrize(
    ("efficacy", "space", "sits"),
    [
        (0.5, Space.closed, False),
        (0.9, Space.closed, False),
        (0.1, Space.invited, True),
        (0.9, Space.invited, True),
        (0.6, Space.claimed, False),
        (0.61, Space.claimed, True),
    ],
)
def test_who_may_take_a_seat(efficacy, space, sits):
    assert may_sit(efficacy, space, 0.6) is sits


@pytest.mark.parametrize(
    ("present", "citizens", "space", "meets"),
    [
        (3, 0, Space.invited, True),
        (2, 2, Space.invited, False),
        (3, 2, Space.claimed, False),
        (3, 3, Space.claimed, True),
        (2, 3, Space.claimed, False),
        (5, 0, Space.closed, True),
    ],
)
def test_a_meeting_needs_a_quorum_and_a_claimed_space_its_citizens(present, citizens, space, meets):
    assert can_meet(present, citizens, 3, space, 3.0) is meets


@pytest.mark.parametrize(
    ("adopted", "yes", "favours", "casting", "decided"),
    [
        (False, 3.0, True, 1.0, True),
        (False, 3.0, False, 1.0, False),
        (False, 3.0, True, 0.5, False),
        (False, 3.0, True, 0.52, True),
        (False, 2.0, True, 1.0, False),
        (False, 4.0, True, 1.0, False),
        (True, 4.0, False, 0.0, True),
        (True, 4.0, False, 1.0, True),
    ],
)
def test_a_casting_vote_breaks_a_tie_and_nothing_else(adopted, yes, favours, casting, decided):
    assert with_casting_vote(adopted, yes, 6.0, favours, casting) is decided


@pytest.mark.parametrize(
    ("share", "space", "appointed", "seats"),
    [
        (-1.0, Space.invited, 1.0, (6, 5, 2)),
        (-1.0, Space.claimed, 0.0, (6, 5, 0)),
        (-1.0, Space.invited, 0.5, (6, 5, 0)),
        (-1.0, Space.closed, 1.0, (0, 5, 2)),
        (0.3, Space.closed, 0.0, (0, 5, 0)),
        (0.0, Space.invited, 1.0, (0, 11, 2)),
        (0.5, Space.invited, 1.0, (7, 4, 2)),
        (0.3, Space.invited, 0.0, (3, 8, 0)),
        (0.9, Space.invited, 1.0, (12, 0, 1)),
        (1.0, Space.invited, 1.0, (13, 0, 0)),
    ],
)
def test_seats_are_laid_out_by_space_share_and_leaders(share, space, appointed, seats):
    assert seats_by_role(6, 5, 2, share, space, appointed) == seats
