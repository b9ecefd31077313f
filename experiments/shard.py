"""One of several shares of a sweep: the same chunks are dealt to any number of processes that meet in one folder."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from coprod_abm.job import Chunk
from coprod_abm.simulate import RunError

MOST = 100_000
WRITTEN = re.compile(r"(\d{1,9})/(\d{1,9})")


class Shard(NamedTuple):
    """Share ``number`` of ``of``, counted from 1."""

    number: int
    of: int


def shard_of(text: str) -> Shard:
    """The share that a text such as ``3/8`` names.

    >>> shard_of("3/8")
    Shard(number=3, of=8)

    Raises:
        RunError: when it names none.
    """
    found = WRITTEN.fullmatch(str(text).strip())
    shard = Shard(int(found[1]), int(found[2])) if found else Shard(0, 0)
    if not 1 <= shard.number <= shard.of <= MOST:
        raise RunError(
            f"shard = {text!r} is not a share such as 3/8: the third of eight, counted from 1. A job array that counts "
            "from 1 gives it as shard=$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT."
        )
    return shard


def dealt(chunks: Iterable[Chunk], shard: Shard) -> tuple[Chunk, ...]:
    """The chunks of one share, dealt like cards by their number: every chunk falls to exactly one share of each dealing.

    A chunk keeps its number when points are added below, so that it also keeps its share.
    """
    return tuple(chunk for chunk in chunks if chunk.number % shard.of == shard.number - 1)
