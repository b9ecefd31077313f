"""Breaks each rule in many small ways and counts how often the tests of its family notice.

    python tests/mutants.py [family ...]

For each mutant of ``broken_rules`` the family's test file runs in a forked process that imports the changed module in place
of the real one; no file is touched. Prints, by family, mutants, killed ones and survivors; the exit status is 1 where
fewer than nine in ten were killed.
"""

import ast
import gc
import importlib
import importlib.abc
import importlib.util
import os
import signal
import sys
import time
import types
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from broken_rules import Mutant, mutants

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a process is forked for each mutant
os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"

CHECKOUT = Path(__file__).resolve().parent.parent
ENOUGH = 0.9
PASSED, FAILED, NOT_COLLECTED = 0, 1, 2  # exit status of pytest
SECONDS = 120  # a mutant that runs longer hangs, and counts as killed
RULES = tuple(sorted(file.stem for file in (CHECKOUT / "coprod_abm" / "rules").glob("[a-z]*.py")))
BESIDE_RULES = ("population", "service", "arithmetic", "draws")

# Changes that cannot be seen from outside, by family and what stands there instead, with the reason.
NOBODY = "where none is present none can be in favour"
EQUIVALENT = {
    ("power", "logistic(sharpness * view / value + from_trust * (regard - 0.5) - caution)"): "the value is −1 or 1",
    ("power", "professionals_total >= 0.0 and 2.0 * professionals_yes > professionals_total"): NOBODY,
    ("power", "professionals_total > -1.0 and 2.0 * professionals_yes > professionals_total"): NOBODY,
    ("power", "citizens_total >= 0.0 and 2.0 * citizens_yes > citizens_total"): NOBODY,
    ("power", "citizens_total > -1.0 and 2.0 * citizens_yes > citizens_total"): NOBODY,
    ("participation", "1.0 if demand < capacity else capacity / demand"): "where they are equal, their ratio is 1 too",
    ("service", "COMMON_FEATURES / _COMMON_WEIGHT + BLOCK * _OWN_WEIGHT"): "the weight is 1",
    ("service", "return -EXPERIENTIAL"): "minus nought is nought",
}

OPTIONS = (
    f"--rootdir={CHECKOUT}", "-x", "-q", "--assert=plain", "--noconftest", "--hypothesis-profile=mutants",
    "-p", "_hypothesis_pytestplugin", "-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", "no:threadexception",
)  # fmt: skip


# ---- trying one ----


class Replacing(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a syntax tree in place of its file."""

    def __init__(self, name: str, tree: ast.Module, file: Path) -> None:
        self.name, self.tree, self.file = name, tree, file

    def find_spec(self, fullname, path=None, target=None):
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.name else None

    def exec_module(self, module: types.ModuleType) -> None:
        module.__file__ = str(self.file)
        exec(compile(ast.fix_missing_locations(self.tree), str(self.file), "exec"), module.__dict__)


def get_ready() -> None:
    """Import and compile what all forks share; the rules themselves are imported by each fork."""
    import hypothesis
    import pytest  # noqa: F401

    quick = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile(
        "mutants",
        derandomize=True,
        deadline=None,
        database=None,
        max_examples=25,
        phases=quick,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    package = types.ModuleType("coprod_abm")  # without what its __init__ imports
    package.__path__ = [str(CHECKOUT / "coprod_abm"), str(CHECKOUT)]  # the second for what is mounted, such as configs
    sys.modules["coprod_abm"] = package
    importlib.import_module("coprod_abm.arithmetic").exponential(0.0)
    importlib.import_module("coprod_abm.draws").uniform(1, 1, 1, 1, 1)
    gc.freeze()


def source_of(family: str) -> Path:
    """The file that holds a family's rules."""
    return CHECKOUT / "coprod_abm" / (f"rules/{family}.py" if family in RULES else f"{family}.py")


def tests_of(family: str) -> Path:
    """The file that holds a family's tests."""
    inside = CHECKOUT / "tests" / "rules" / f"test_{family}.py"
    return inside if inside.exists() else CHECKOUT / "tests" / f"test_{family}.py"


def outcomes(family: str, modules: Sequence[ast.Module]) -> list[int]:
    """Exit status of the family's tests with each module in place of its own, as many at once as there are processors."""
    found, running = {}, {}
    for number, module in enumerate(modules):
        child = os.fork()
        if child == 0:
            try_in_fork(family, module)
        running[child] = number
        if len(running) == (os.cpu_count() or 1):
            found.update([ended(running)])
    while running:
        found.update([ended(running)])
    return [found[number] for number in range(len(modules))]


def ended(running: dict[int, int]) -> tuple[int, int]:
    """Number and exit status of the next fork that ends."""
    child, ending = os.waitpid(-1, 0)
    status = os.waitstatus_to_exitcode(ending)
    if status not in (PASSED, FAILED, NOT_COLLECTED, -signal.SIGALRM, -signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS):
        raise RuntimeError(f"pytest could not try a mutant: exit status {status}.")
    return running.pop(child), status


def try_in_fork(family: str, module: ast.Module) -> NoReturn:
    """Leave this fork with the exit status of the family's tests; failed where they could not even begin."""
    status = FAILED
    try:
        status = run_tests(family, module)
    finally:
        os._exit(status)


def run_tests(family: str, module: ast.Module) -> int:
    """In a fork: pytest's exit status for the family's tests with its module exchanged."""
    import pytest

    signal.alarm(SECONDS)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    name = "coprod_abm." + ("rules." if family in RULES else "") + family
    if name in sys.modules:  # what was imported from it goes too
        for known in [known for known in sys.modules if known.startswith("coprod_abm.")]:
            del sys.modules[known]
    sys.meta_path.insert(0, Replacing(name, module, source_of(family)))
    return int(pytest.main([*OPTIONS, str(tests_of(family))]))


# ---- the count ----


def outdated(family: str) -> list[str]:
    """Changes of a family that are listed as equivalent and do not arise any more."""
    arising = {mutant.after for mutant in mutants(source_of(family).read_text(encoding="utf-8"))}
    return [after for of_family, after in EQUIVALENT if of_family == family and after not in arising]


def try_family(family: str) -> tuple[int, list[Mutant]]:
    """How many mutants of a family there are, without those that are equivalent, and which survive."""
    source = source_of(family).read_text(encoding="utf-8")
    if outcomes(family, [ast.parse(source)]) != [PASSED]:
        raise RuntimeError(f"The tests of {family} fail without any change: run `pytest {tests_of(family)}` first.")
    tried = [mutant for mutant in mutants(source) if (family, mutant.after) not in EQUIVALENT]
    statuses = outcomes(family, [mutant.module for mutant in tried])
    return len(tried), [mutant for mutant, status in zip(tried, statuses, strict=True) if status == PASSED]


def main(families: Sequence[str]) -> int:
    """Try the mutants of the families named, or of all; returns the exit status."""
    unknown = set(families) - {*RULES, *BESIDE_RULES}
    if unknown:
        known = ", ".join([*RULES, *BESIDE_RULES])
        sys.stderr.write(f"No such family: {', '.join(sorted(unknown))}. Known: {known}.\n")
        return 2
    get_ready()
    started, total, alive = time.monotonic(), 0, 0
    for family in families or [*RULES, *BESIDE_RULES]:
        tried, survivors = try_family(family)
        total, alive = total + tried, alive + len(survivors)
        sys.stdout.write(line_of(family, tried, len(survivors)))
        sys.stdout.writelines(f"    line {m.line}, {m.function}: {m.before} → {m.after}\n" for m in survivors)
        sys.stdout.writelines(
            f"    listed as equivalent, but no longer arises: {after}\n" for after in outdated(family)
        )
        sys.stdout.flush()
    sys.stdout.write(f"{line_of('all', total, alive)}{time.monotonic() - started:.0f} s\n")
    return 0 if total - alive >= ENOUGH * total else 1


def line_of(family: str, tried: int, alive: int) -> str:
    """One line of the table."""
    return f"{family:16}{tried:5} mutants {tried - alive:5} killed {alive:4} survived {(tried - alive) / tried:8.1%}\n"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
