"""Counter-based randomness: a draw is named by (seed, stream, who, week, k) and by nothing else.

Philox4x32-10 (Salmon et al. 2011, doi 10.1145/2063384.2063405) turns the name into four 32-bit words. A draw never depends
on what was drawn before, so results do not change with execution order, threads, chunking or engine, an added agent or
stream leaves all other draws as they were, and two scenarios share every draw that bears the same name.
"""

import hashlib
from typing import Any, NamedTuple

import numpy as np

from coprod_abm.compiled import arithmetic, rule

_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_STREAM_BITS = np.uint64(16)
_UNIT = 1.0 / 4294967296.0

PEOPLE_AT_ONCE = 1024  # how many people's draws are made in one loop, so that it vectorises
PROJECT_ROLE = 7  # the "role" under which a project itself draws; people use their own role
REGION_ROLE = 6
NATION_ROLE = 5


class Streams(NamedTuple):
    """What a draw is for. Numbers are names: never reuse or renumber one, add new ones at the end."""

    birth: int = 1
    beliefs: int = 2
    reality: int = 3
    design: int = 4
    shock: int = 5
    turbulence: int = 6
    turnover: int = 7
    exit: int = 9
    recruitment: int = 10
    contact: int = 11
    encounter: int = 12
    attendance: int = 13
    floor: int = 14
    voice: int = 15
    uptake: int = 16
    agenda: int = 17
    vote: int = 18
    meeting_trust: int = 19
    implementation: int = 20
    experience: int = 21
    workload: int = 22
    levels: int = 23
    socialisation: int = 24
    survey: int = 25
    roles: int = 26
    drift: int = 27
    mandate: int = 28


STREAM = Streams()


@arithmetic
def philox(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> tuple[Any, Any, Any, Any]:
    """The four 32-bit words of Philox4x32-10 for a 128-bit counter and a 64-bit key (all as uint64 below 2**32)."""
    for _ in range(10):
        p0 = _MULTIPLIER_0 * c0
        p1 = _MULTIPLIER_1 * c2
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ k0, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ k1, p0 & _LOW
        k0 = (k0 + _WEYL_0) & _LOW
        k1 = (k1 + _WEYL_1) & _LOW
    return c0, c1, c2, c3


@arithmetic
def as_share(word: int) -> float:
    """A 32-bit word as a number strictly between 0 and 1 (resolution 2**-32)."""
    return (np.float64(np.int64(word)) + 0.5) * _UNIT


@arithmetic
def four_uniforms(seed: int, stream: int, who: int, week: int, block: int) -> tuple[float, float, float, float]:
    """The draws k = 4·block … 4·block + 3 of one name, each uniform on (0, 1)."""
    s = np.uint64(seed)
    w = np.uint64(who)
    purpose = ((np.uint64(week) << _STREAM_BITS) | np.uint64(stream)) & _LOW
    w0, w1, w2, w3 = philox(w & _LOW, w >> _HALF, purpose, np.uint64(block) & _LOW, s & _LOW, s >> _HALF)
    return as_share(w0), as_share(w1), as_share(w2), as_share(w3)


@arithmetic
def uniform(seed: int, stream: int, who: int, week: int, k: int) -> float:
    """Draw number ``k`` of the name (seed, stream, who, week), uniform on (0, 1)."""
    a, b, c, d = four_uniforms(seed, stream, who, week, k >> 2)
    place = k & 3
    if place == 0:
        return a
    if place == 1:
        return b
    if place == 2:
        return c
    return d


@arithmetic
def draw_name(lots: Any, seed: int, stream: int, who: int, week: int, blocks: int) -> None:
    """Draws 0 … 4·blocks − 1 of one name, draw k at ``lots[k & 3, k >> 2]``, in one loop that vectorises."""
    for block in range(blocks):
        lots[0, block], lots[1, block], lots[2, block], lots[3, block] = four_uniforms(seed, stream, who, week, block)


@arithmetic
def draw_role(lots: Any, seed: int, stream: int, key: int, role: int, start: int, count: int, week: int) -> None:
    """Draw 0 of ``count`` people of one role from number ``start`` on, in one loop that vectorises."""
    base = (key << 32) | (role << 28)
    for i in range(count):
        lots[i] = uniform(seed, stream, base | (start + i), week, 0)


@rule
def name_of(project_key: int, role: int, number: int) -> int:
    """The 64-bit name of an agent: its project's key (31 bits), its role (4 bits), its number in that role (28 bits)."""
    return (project_key << 32) | (role << 28) | number


@rule
def pick(share: float, count: int) -> int:
    """A whole number in 0 … count−1 from one uniform draw.

    >>> pick(0.999, 4)
    3
    """
    return int(share * count)


def replicate_seed(seed: int, replicate: int) -> int:
    """The seed of one replicate: a 63-bit number mixed from the master seed and the replicate's number."""
    seed, replicate, mask = int(seed), int(replicate), 0xFFFFFFFF
    interpreted: Any = philox
    words = interpreted.py_func(
        *(np.uint64(x) for x in (seed & mask, (seed >> 32) & mask, replicate & mask, replicate >> 32, 0xC0DE, 0xABBA))
    )
    return int((int(words[0]) << 31) | (int(words[1]) >> 1))


def replicate_seeds(seeds: Any, replicates: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
    """:func:`replicate_seed` of whole arrays, which broadcast against each other.

    >>> int(replicate_seeds([7], 3)[0]) == replicate_seed(7, 3)
    True
    """
    seed, replicate = np.broadcast_arrays(np.asarray(seeds, np.uint64), np.asarray(replicates, np.uint64))
    interpreted: Any = philox
    names = (seed & _LOW, seed >> _HALF, replicate & _LOW, replicate >> _HALF, np.uint64(0xC0DE), np.uint64(0xABBA))
    words = interpreted.py_func(*names)
    return ((words[0] << np.uint64(31)) | (words[1] >> np.uint64(1))).astype(np.int64)


def key_of(*names: str) -> int:
    """A 31-bit number that is the same for the same names on every machine: the key of a project, region or nation."""
    digest = hashlib.blake2b("/".join(names).encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") & 0x7FFF_FFFF
