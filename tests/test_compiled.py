"""Compiled code is kept between processes, and an edited rule is never ignored."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numba
import pytest

from coprod_abm import compiled

PACKAGE = Path(compiled.__file__).parent

# A kernel small enough to compile in a moment, in a file of its own, as the core is: it never changes, its rules do.
KERNEL = """
from coprod_abm.compiled import kernel
from coprod_abm.rules.capacity import revised_burnout
from coprod_abm.service import need_weight


@kernel
def small(burnout, group):
    return revised_burnout(burnout, 0.0, 0.5, 0.1, 0.02) + need_weight(group, 0)
"""

TELL = """
import json, sys
import coprod_abm.rules.capacity
{meanwhile}
from coprod_abm.small import small
from coprod_abm.compiled import cache_folder, is_compiled
before = is_compiled()
value = small(0.5, 0)
plain = small.py_func(0.5, 0)
hits = sum(small.stats.cache_hits.values())
print(json.dumps({{"value": value, "plain": plain, "hits": hits, "folder": str(cache_folder()), "before": before}}))
"""


class Checkout:
    """A copy of the package in which sources may be edited, with a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = folder / "cache"
        leave = shutil.ignore_patterns("__pycache__", "configs", "experiments", "calibration")
        shutil.copytree(PACKAGE, folder / "coprod_abm", ignore=leave)
        (folder / "coprod_abm" / "small.py").write_text(KERNEL)

    def edit(self, path: str, old: str, new: str) -> None:
        source = self.folder / "coprod_abm" / path
        text = source.read_text(encoding="utf-8")
        assert text.count(old) == 1
        source.write_text(text.replace(old, new), encoding="utf-8")

    def python(self, program: str) -> str:
        """What a fresh process of this copy prints."""
        settings = os.environ | {"PYTHONPATH": str(self.folder), "COPROD_CACHE_DIR": str(self.cache)}
        settings["PYTHONDONTWRITEBYTECODE"] = "1"  # two edits in one second may leave a stale .pyc of equal size
        done = subprocess.run(
            [sys.executable, "-P", "-c", program], env=settings, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def tell(self, meanwhile: str = "") -> dict[str, object]:
        """What the small kernel gives in a fresh process, and whether it came from the cache."""
        found: dict[str, object] = json.loads(self.python(TELL.format(meanwhile=meanwhile)))
        return found


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


# ---- an edited rule is never ignored ----


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("rules/capacity.py", "- recovery * burnout\n", "- 3.0 * recovery * burnout\n"),
        ("service.py", "_COMMON_WEIGHT = 1.0", "_COMMON_WEIGHT = 4.0"),
    ],
)
def test_an_edited_rule_is_never_ignored(checkout, path, old, new):
    first = checkout.tell()
    checkout.edit(path, old, new)
    second = checkout.tell()
    assert second["value"] == second["plain"] != first["value"] == first["plain"]
    assert second["folder"] != first["folder"]
    assert second["hits"] == 0
    checkout.edit(path, new, old)
    third = checkout.tell()
    assert (third["value"], third["folder"], third["hits"]) == (first["value"], first["folder"], 1)


def test_a_rule_edited_while_a_process_runs_leaves_no_old_code_under_the_new_name(checkout):
    """A session imports the rules, one is edited, the session compiles: the next session must see the edit."""
    rule = checkout.folder / "coprod_abm" / "rules" / "capacity.py"
    meanwhile = (
        f"from pathlib import Path; rule = Path({str(rule)!r}); text = rule.read_text(encoding='utf-8'); "
        "rule.write_text(text.replace('- recovery * burnout\\n', '- 3.0 * recovery * burnout\\n'), encoding='utf-8')"
    )
    old = checkout.tell(meanwhile)
    new = checkout.tell()
    assert old["value"] == old["plain"]
    assert new["value"] == new["plain"] != old["value"]


def test_a_source_edited_before_it_is_imported_leaves_no_new_code_under_the_old_name(checkout):
    """Modules are imported when needed: one edited in between must not run, or be kept, as what it was before."""
    first = checkout.tell()
    source = checkout.folder / "coprod_abm" / "service.py"
    kept = source.read_text(encoding="utf-8")
    meanwhile = (
        f"from pathlib import Path; source = Path({str(source)!r}); text = source.read_text(encoding='utf-8'); "
        "source.write_text(text.replace('_COMMON_WEIGHT = 1.0', '_COMMON_WEIGHT = 4.0'), encoding='utf-8')"
    )
    edited = checkout.tell(meanwhile)
    assert edited["value"] == edited["plain"]
    source.write_text(kept, encoding="utf-8")
    assert checkout.tell()["value"] == first["value"]


def test_a_comment_is_an_edit_too_and_costs_only_time(checkout):
    first = checkout.tell()
    checkout.edit("rules/trust.py", "@dataclass\nclass Trust(Family):", "# a remark\n@dataclass\nclass Trust(Family):")
    second = checkout.tell()
    assert second["folder"] != first["folder"]
    assert second["value"] == first["value"]


def test_compiled_code_survives_its_process(checkout):
    first, second = checkout.tell(), checkout.tell()
    assert (first["hits"], second["hits"]) == (0, 1)
    assert (first["before"], second["before"]) == (False, True)
    assert second["value"] == first["value"]
    assert second["folder"] == first["folder"]


@pytest.mark.slow
def test_an_edited_rule_changes_a_whole_run_and_the_cache_spares_the_second_start(checkout):
    run = """
import time
import coprod_abm as ca
from coprod_abm.case import Case, Level, Site
site = Site("S", Level.local, "R", 30, 6, 3, 4, 3, 1)
case = Case("WHOLE", "Whole", "AA", Level.local, 2000, sites=(site,))
begin = time.perf_counter()
runs = ca.simulate(ca.Parameters(), case, replicates=2, seed=1, weeks=52)
print(time.perf_counter() - begin, *(float(runs[name].values[0, 1, -1]).hex() for name in ("staff_burnout", "citizen_trust")))
"""
    slow, *first = checkout.python(run).split()
    quick, *again = checkout.python(run).split()
    assert again == first
    assert float(quick) < 0.3 * float(slow)
    checkout.edit("rules/capacity.py", "- recovery * burnout\n", "- 1.5 * recovery * burnout\n")
    _, *edited = checkout.python(run).split()
    assert edited != first


# ---- where the cache lies ----


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Moves the cache folder for one test."""

    def move(base: Path) -> None:
        monkeypatch.setenv("COPROD_CACHE_DIR", str(base))
        compiled.cache_folder.cache_clear()

    yield move
    monkeypatch.undo()
    compiled.cache_folder.cache_clear()


def test_the_folder_is_named_by_the_sources(at, tmp_path):
    at(tmp_path)
    assert compiled.cache_folder() == tmp_path / compiled.source_fingerprint()[:16]
    assert not compiled.is_compiled()


def test_only_the_newest_versions_are_kept(at, tmp_path):
    for age in range(9):
        old = tmp_path / f"version-{age}"
        old.mkdir()
        (old / "kernel.nbc").write_bytes(b"code")
        os.utime(old, (time.time() - 1000 * age, time.time() - 1000 * age))
    (tmp_path / "a file of somebody else").write_text("stays")
    at(tmp_path)
    own = compiled.cache_folder()
    left = {path.name for path in tmp_path.iterdir() if path.is_dir()}
    assert left == {own.name, *(f"version-{age}" for age in range(compiled.KEPT_VERSIONS))}
    assert (tmp_path / "a file of somebody else").exists()


def test_without_a_folder_to_write_to_kernels_still_run(at, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("no folder can lie below me")
    at(blocked / "cache")
    assert compiled.cache_folder() is None
    assert not compiled.is_compiled()
    double = compiled.kernel(lambda x: 2 * x)
    assert double(21) == 42


def test_a_home_that_cannot_be_written_is_replaced_by_the_temporary_folder(at, monkeypatch, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("no folder can lie below me")
    at(tmp_path)
    monkeypatch.delenv("COPROD_CACHE_DIR")
    monkeypatch.setattr(compiled.platformdirs, "user_cache_dir", lambda _: str(blocked / "cache"))
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    found = compiled.cache_folder()
    assert found is not None
    assert (found.parent.parent, found.name) == (tmp_path / "tmp", compiled.source_fingerprint()[:16])
    if hasattr(os, "getuid"):
        found.parent.chmod(0o777)  # now anybody could put code there, which numba would run
        compiled.cache_folder.cache_clear()
        assert compiled.cache_folder() is None


def test_numbas_own_setting_is_left_as_it_was():
    before = numba.config.CACHE_DIR
    compiled.kernel(lambda x: x)
    assert before == numba.config.CACHE_DIR


# ---- the two forms of one source ----


def test_a_rule_stays_plain_python_and_is_compiled_where_a_kernel_reaches_it():
    @compiled.rule
    def half(x: float) -> float:
        return x / 2.0

    @numba.njit
    def quarter(x: float) -> float:
        return half(half(x))

    assert half.__module__ == __name__
    assert half(3.0) == 1.5
    assert quarter(3.0) == 0.75
