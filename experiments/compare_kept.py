"""What a comparison has worked out so far, part by part in files, so that a stop at any moment loses one part at most."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from coprod_abm.calibration.priors import hash_of
from coprod_abm.store_files import whole_file


class Kept(NamedTuple):
    """A folder of finished parts; ``key`` hashes what all of them depend on."""

    folder: Path
    key: str

    def value(self, name: str, depends: Any, make: Callable[[], Any]) -> Any:
        """A part made of numbers, words, lists and dictionaries: read where it is there, else made and kept."""
        file = self.file(name, depends, "json")
        try:
            return json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            found = plain(make())
        self._write(file, json.dumps(found).encode())
        return found

    def table(self, name: str, depends: Any, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """A part that is a table."""
        file = self.file(name, depends, "parquet")
        try:
            return pd.read_parquet(file)
        except (OSError, ValueError):
            found = make()
        sink = BytesIO()
        found.to_parquet(sink)
        self._write(file, sink.getvalue())
        return found

    def file(self, name: str, depends: Any, ending: str) -> Path:
        """Where a part is kept; another file for other inputs."""
        return self.folder / f"{name.replace(' ', '-')}-{hash_of([self.key, depends])[:12]}.{ending}"

    def _write(self, file: Path, content: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        whole_file(file, content)


def plain(value: Any) -> Any:
    """Numbers and tables as JSON takes them.

    >>> plain({"a": np.array([1.0, 2.0]), "b": (np.int64(3),)})
    {'a': [1.0, 2.0], 'b': [3]}
    """
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
