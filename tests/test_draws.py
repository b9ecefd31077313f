"""Draws: a published generator, uniform and independent whatever part of a name changes, and names that never collide.

The statistical tests have fixed names, so they give the same result on every machine. Each uses an error rate of one in a
thousand for all its comparisons together: a sound generator fails such a test for one choice of names in a thousand.
"""

import itertools
import math
from statistics import NormalDist
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coprod_abm import draws
from coprod_abm.case import cases, load_case
from coprod_abm.draws import (
    NATION_ROLE,
    PROJECT_ROLE,
    REGION_ROLE,
    STREAM,
    as_share,
    draw_name,
    draw_role,
    four_uniforms,
    key_of,
    name_of,
    philox,
    pick,
    replicate_seed,
    uniform,
)

ERROR_RATE = 1e-3
ALL = 0xFFFFFFFF
Array = np.ndarray[Any, np.dtype[Any]]

seeds = st.integers(0, 2**63 - 1)
streams = st.integers(1, 2**16 - 1)
names = st.integers(0, 2**63 - 1)
weeks = st.integers(0, 2**16 - 1)
numbers = st.integers(0, 10_000)


@numba.njit
def many_uniforms(seed, stream, who, week, k, drawn):
    for place in range(len(drawn)):
        drawn[place] = uniform(seed[place], stream[place], who[place], week[place], k[place])


def drawn(seed: Any = 1, stream: Any = 12, who: Any = 7, week: Any = 3, k: Any = 0) -> Array:
    """Draws for all combinations of the parts of a name, in their broadcast shape."""
    parts = np.broadcast_arrays(*(np.asarray(part, np.int64) for part in (seed, stream, who, week, k)))
    result = np.empty(parts[0].size)
    many_uniforms(*(part.ravel() for part in parts), result)
    return result.reshape(parts[0].shape)


def quantile(comparisons: int) -> float:
    """How far a standard normal may lie from 0 so that ``comparisons`` of them together fail with the error rate."""
    return NormalDist().inv_cdf(1 - ERROR_RATE / (2 * comparisons))


def words(*parts: int) -> tuple[np.uint64, ...]:
    return tuple(np.uint64(part) for part in parts)


# ---- the generator ----

KNOWN_ANSWERS = [  # Random123, kat_vectors: philox4x32, 10 rounds
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ALL, ALL, ALL, ALL), (ALL, ALL), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_philox_gives_the_published_answers_compiled_and_interpreted(counter, key, answer):
    assert tuple(int(word) for word in philox(*words(*counter, *key))) == answer
    assert tuple(int(word) for word in philox.py_func(*words(*counter, *key))) == answer


@given(st.integers(0, ALL))
def test_a_word_becomes_the_middle_of_its_share(word):
    share = as_share(np.uint64(word))
    assert share == as_share.py_func(np.uint64(word)) == (word + 0.5) / 2**32
    assert 0 < share < 1


@given(seeds, streams, names, weeks, numbers)
def test_a_name_is_laid_out_in_counter_and_key_as_documented(seed, stream, who, week, block):
    # a change of the layout renames every draw of every run
    counter = who & ALL, who >> 32, ((week << 16) | stream) & ALL, block
    expected = tuple(as_share(word) for word in philox(*words(*counter, seed & ALL, seed >> 32)))
    assert four_uniforms(seed, stream, who, week, block) == expected


@given(seeds, streams, names, weeks, numbers)
def test_single_draws_are_the_draws_of_their_block(seed, stream, who, week, block):
    singles = tuple(uniform(seed, stream, who, week, 4 * block + place) for place in range(4))
    assert singles == four_uniforms(seed, stream, who, week, block)


def test_interpreted_and_compiled_draws_are_the_same(monkeypatch):
    sample = [(seed, stream, who, week, k) for seed, stream, who, week, k in zip(
        drawn_integers(1, 63), drawn_integers(2, 5), drawn_integers(3, 63), drawn_integers(4, 10), range(200), strict=True
    )]  # fmt: skip
    compiled = [uniform(*name) for name in sample]
    for primitive in ("philox", "as_share", "four_uniforms"):
        monkeypatch.setattr(draws, primitive, getattr(draws, primitive).py_func)
    assert [uniform.py_func(*name) for name in sample] == compiled


def drawn_integers(stream: int, bits: int) -> list[int]:
    return [int(share * 2**bits) for share in drawn(99, stream, np.arange(200))]


def test_draws_in_a_compiled_loop_are_the_draws_one_by_one():
    alone = [uniform(5, STREAM.uptake, 1_000 + agent, 30, 2) for agent in range(100)]
    assert drawn(5, STREAM.uptake, 1_000 + np.arange(100), 30, 2).tolist() == alone


def test_draws_of_one_name_in_bulk_are_the_draws_one_by_one():
    lots = np.empty((4, 6))
    draw_name(lots, 5, STREAM.voice, name_of(77, 1, 3), 30, 6)
    one_by_one = [uniform(5, STREAM.voice, name_of(77, 1, 3), 30, k) for k in range(24)]
    assert [lots[k & 3, k >> 2] for k in range(24)] == one_by_one


def test_draws_of_one_role_in_bulk_are_those_of_its_people_from_a_number_on():
    lots = np.full(40, -1.0)
    draw_role(lots, 5, STREAM.contact, 77, 2, 1_000, 30, 8)
    assert lots[:30].tolist() == [uniform(5, STREAM.contact, name_of(77, 2, 1_000 + i), 8, 0) for i in range(30)]
    assert (lots[30:] == -1.0).all()


def test_draws_are_pinned():
    # a change here changes every published run
    assert uniform(1, STREAM.floor, name_of(123, 0, 45), 6, 7).hex() == "0x1.e894037700000p-1"
    assert four_uniforms(2**62, STREAM.survey, 2**62 + 1, 311, 3)[0].hex() == "0x1.f7734e8f00000p-1"


# ---- uniformity ----

REPLICATES = [replicate_seed(1, replicate) for replicate in range(1_000)]
AXES = {
    "seed": lambda n: drawn(seed=np.arange(n)),
    "replicate": lambda n: drawn(seed=REPLICATES * (n // 1_000), k=np.arange(n) // 1_000),
    "stream": lambda n: drawn(stream=np.arange(n) % 4_096, who=np.arange(n) // 4_096),
    "agent": lambda n: drawn(who=name_of(123, 0, 0) + np.arange(n)),
    "project": lambda n: drawn(who=name_of(1, 0, 0) * np.arange(n)),
    "week": lambda n: drawn(week=np.arange(n) % 1_024, who=np.arange(n) // 1_024),
    "k": lambda n: drawn(k=np.arange(n)),
}  # fmt: skip
SIZE = 200_000


@pytest.fixture(scope="module", params=list(AXES))
def sequence(request):
    """Draws along one part of the name, all others kept."""
    return AXES[request.param](SIZE)


def test_draws_fill_the_interval_evenly(sequence):
    # chi-square over 1,000 cells; the normal approximation is good at 999 degrees of freedom
    counts = np.bincount((sequence * 1_000).astype(int), minlength=1_000)
    chi_square = ((counts - len(sequence) / 1_000) ** 2).sum() / (len(sequence) / 1_000)
    assert abs(chi_square - 999) < quantile(len(AXES)) * math.sqrt(2 * 999)


def test_the_empirical_distribution_stays_close_to_the_uniform(sequence):
    # Kolmogorov–Smirnov: P(D > d) ≤ 2 exp(−2 n d²)
    ordered = np.sort(sequence)
    ranks = np.arange(len(ordered) + 1) / len(ordered)
    distance = max((ranks[1:] - ordered).max(), (ordered - ranks[:-1]).max())
    assert distance < math.sqrt(math.log(2 * len(AXES) / ERROR_RATE) / (2 * len(ordered)))


def test_draws_keep_their_full_resolution(sequence):
    # 2·10⁵ of 2³² values: a few coincide by chance (n²/2³³ ≈ 4.7); lost bits would make many coincide
    assert len(sequence) - len(np.unique(sequence)) < 20


# ---- independence ----


def test_neighbours_along_each_part_of_a_name_are_uncorrelated(sequence):
    for lag in (1, 2, 3, 4, 5, 8, 16, 64):
        correlation = np.corrcoef(sequence[:-lag], sequence[lag:])[0, 1]
        assert abs(correlation) * math.sqrt(len(sequence) - lag) < quantile(8 * len(AXES))


def test_pairs_of_neighbours_fill_the_square_evenly(sequence):
    first, second = ((sequence[start::2] * 32).astype(int) for start in (0, 1))
    counts = np.bincount(32 * first + second, minlength=1_024)
    chi_square = ((counts - len(first) / 1_024) ** 2).sum() / (len(first) / 1_024)
    assert abs(chi_square - 1_023) < quantile(len(AXES)) * math.sqrt(2 * 1_023)


def test_runs_above_and_below_a_half_are_as_many_as_in_coin_tosses(sequence):
    above = sequence > 0.5
    changes = int((above[1:] != above[:-1]).sum())
    tosses = len(sequence) - 1
    assert abs(changes - tosses / 2) < quantile(len(AXES)) * math.sqrt(tosses) / 2


def test_every_stream_is_uncorrelated_with_every_other_of_the_same_people():
    people = np.arange(20_000)
    by_stream = np.array([drawn(stream=stream, who=people) for stream in STREAM])
    correlations = np.corrcoef(by_stream)[np.triu_indices(len(STREAM), 1)]
    assert np.abs(correlations).max() * math.sqrt(len(people)) < quantile(len(correlations))


def test_replicates_are_uncorrelated_with_one_another():
    people = np.arange(20_000)
    by_replicate = np.array([drawn(seed=replicate_seed(1, replicate), who=people) for replicate in range(20)])
    correlations = np.corrcoef(by_replicate)[np.triu_indices(20, 1)]
    assert np.abs(correlations).max() * math.sqrt(len(people)) < quantile(len(correlations))


BITS = {"seed": 63, "stream": 16, "who": 63, "week": 16, "k": 34}


@pytest.mark.parametrize("part", BITS)
def test_names_that_differ_in_one_bit_share_no_more_than_chance(part):
    # Avalanche: half of the 32 bits of a draw change, whichever bit of whichever part is flipped
    people = 1_000 + np.arange(400)
    base = {"seed": 20_260_101, "stream": 12, "who": people, "week": 37, "k": 8}
    before = as_words(drawn(**base))
    comparisons = sum(BITS.values())
    for bit in range(2 if part == "k" else 0, BITS[part]):
        after = as_words(drawn(**{**base, part: base[part] ^ np.int64(1 << bit)}))
        flipped = int(np.bitwise_count(before ^ after).sum())
        tosses = 32 * len(people)
        assert abs(flipped - tosses / 2) < quantile(comparisons) * math.sqrt(tosses) / 2, f"bit {bit} of {part}"


def test_each_bit_of_a_draw_changes_half_of_the_time_when_one_bit_of_the_name_does():
    people = np.arange(2_000)
    before = as_words(drawn(who=people))
    after = as_words(drawn(who=people ^ (1 << 40)))
    for bit in range(32):
        flipped = int((((before ^ after) >> np.uint64(bit)) & np.uint64(1)).sum())
        assert abs(flipped - 1_000) < quantile(32) * math.sqrt(2_000) / 2


def as_words(shares: Array) -> Array:
    """The 32-bit words that became these shares."""
    return (shares * 2**32).astype(np.uint64)


def test_the_four_draws_of_a_block_are_uncorrelated():
    people = np.arange(50_000)
    by_place = np.array([drawn(who=people, k=place) for place in range(4)])
    correlations = np.corrcoef(by_place)[np.triu_indices(4, 1)]
    assert np.abs(correlations).max() * math.sqrt(len(people)) < quantile(6)


# ---- names ----


def test_no_two_streams_have_the_same_number_and_all_fit_their_bits():
    assert len(set(STREAM)) == len(STREAM)
    assert all(0 < number < 2**16 for number in STREAM)


def test_people_projects_regions_and_nations_draw_under_different_roles():
    roles = (0, 1, 2, PROJECT_ROLE, REGION_ROLE, NATION_ROLE)
    assert len(set(roles)) == 6
    assert all(0 <= role < 16 for role in roles)


@given(st.integers(0, 2**31 - 1), st.integers(0, 15), st.integers(0, 2**28 - 1))
def test_a_name_holds_project_role_and_number_so_that_no_two_agents_share_one(key, role, number):
    name = name_of(key, role, number)
    assert 0 <= name < 2**63
    assert (name >> 32, (name >> 28) & 15, name & (2**28 - 1)) == (key, role, number)


def test_draws_of_different_names_are_different_blocks():
    # 128 bits each: a coincidence among 14,400 blocks would mean that two names are one
    parts = itertools.product(
        (1, 2), (1, 12, 25), (0, 1, 2, 1 << 28, 1 << 32, (1 << 32) + 1), (0, 1, 52, 311), range(100)
    )
    blocks = {four_uniforms(*name) for name in parts}
    assert len(blocks) == 2 * 3 * 6 * 4 * 100


def test_an_added_agent_or_draw_leaves_all_other_draws_as_they_were():
    before = drawn(who=np.arange(100)[:, None], k=np.arange(8))
    after = drawn(who=np.arange(101)[:, None], k=np.arange(9))
    assert (after[:100, :8] == before).all()


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 1_000))
def test_a_pick_is_one_of_the_things_there_are(share, count):
    assert 0 <= pick(share, count) < count


def test_picks_are_even():
    assert [sum(pick((place + 0.5) / 700, 7) == thing for place in range(700)) for thing in range(7)] == [100] * 7


# ---- seeds and keys ----


def test_the_seeds_of_replicates_are_63_bits_and_all_different():
    mixed = [replicate_seed(seed, replicate) for seed in (0, 1, 2**40 + 1) for replicate in range(2_000)]
    assert len(set(mixed)) == len(mixed)
    assert all(0 <= seed < 2**63 for seed in mixed)
    assert max(mixed) > 2**62


def test_large_seeds_and_replicates_count_with_all_their_bits():
    assert len({replicate_seed(*each) for each in ((1, 0), (1 + 2**32, 0), (1 + 2**63, 0), (1, 2**32))}) == 4


def test_seeds_of_replicates_are_pinned():
    assert (replicate_seed(1, 0), replicate_seed(1, 1)) == (8708803550937726966, 6028627583853768148)


def test_each_bit_of_a_replicates_seed_is_set_half_of_the_time():
    mixed = np.array([replicate_seed(7, replicate) for replicate in range(2_000)], np.uint64)
    for bit in range(63):
        ones = int(((mixed >> np.uint64(bit)) & np.uint64(1)).sum())
        assert abs(ones - 1_000) < quantile(63) * math.sqrt(2_000) / 2


def test_keys_are_the_same_on_every_machine():
    assert key_of("SE-JKP", "x") == 1133214892
    assert key_of("SE") == 1994206267


def test_keys_have_31_bits_and_tell_apart_names_and_the_order_of_names():
    keys = [key_of("case", str(number)) for number in range(2_000)]
    assert len(set(keys)) == len(keys)
    assert all(0 <= key < 2**31 for key in keys)
    assert max(keys) > 2**30
    assert key_of("a", "b") != key_of("b", "a") != key_of("ab")


def test_no_two_sites_of_the_shipped_cases_draw_under_one_key():
    sites = [site for name in cases() for site in load_case(name).sites]
    assert len({site.key for site in sites}) == len(sites) >= 10
