"""Breaks each rule in many small ways and counts how often the tests of its family notice.

    python tests/mutants.py [family ...]

A mutant is one rule with one change: a constant, a sign, an operator, a comparison, a bound, a condition or what is returned.
For each mutant the family's test file runs in a forked process that imports the changed module in place of the real one;
no file is touched. What a function says of itself and the declared parameters (defaults, ranges, texts) are left as they
are. Prints, by family, mutants, killed ones and survivors; the exit status is 1 where fewer than nine in ten were killed.
"""

import ast
import copy
import gc
import importlib
import importlib.abc
import importlib.util
import os
import signal
import sys
import time
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a process is forked for each mutant
os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"

CHECKOUT = Path(__file__).resolve().parent.parent
ENOUGH = 0.9
SECONDS = 120  # a mutant that runs longer hangs, and counts as killed
RULES = tuple(sorted(file.stem for file in (CHECKOUT / "coprod_abm" / "rules").glob("[a-z]*.py")))
BESIDE_RULES = ("population", "service", "arithmetic", "draws")
RULE_MARKS = {"rule", "arithmetic"}
TELLINGS = {"goal_fulfilment", "agreement"}  # of the service; the other tellings are tested through the engines

# Changes that cannot be seen from outside, with the reason, by family and change as it is printed.
HEADS = "heads are counted: where none is present none can be in favour"
EQUIVALENT = {
    ("power", "support_chance: sharpness * view * value → sharpness * view / value"): "value is −1 or 1",
    ("power", "is_adopted: professionals_total > 0.0 → professionals_total >= 0.0"): HEADS,
    ("power", "is_adopted: professionals_total > 0.0 → professionals_total > -1.0"): HEADS,
    ("power", "is_adopted: citizens_total > 0.0 → citizens_total >= 0.0"): HEADS,
    ("power", "is_adopted: citizens_total > 0.0 → citizens_total > -1.0"): HEADS,
    (
        "participation",
        "shared_encounter_chance: demand <= capacity → demand < capacity",
    ): "where equal, their ratio is 1 too",
    ("service", "_WEIGHT_SUM: COMMON_FEATURES * _COMMON_WEIGHT → COMMON_FEATURES / _COMMON_WEIGHT"): "the weight is 1",
    ("service", "kind_of: return EXPERIENTIAL → return -EXPERIENTIAL"): "minus nought is nought",
}

SWAPPED: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitOr,
    ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
COMPARED: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
}  # fmt: skip


OPTIONS = (
    f"--rootdir={CHECKOUT}", "-x", "-q", "--assert=plain", "--noconftest", "--hypothesis-profile=mutants",
    "-p", "_hypothesis_pytestplugin", "-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", "no:threadexception",
)  # fmt: skip


class Mutant(NamedTuple):
    """One change to one rule."""

    line: int
    function: str
    change: str
    module: ast.Module


# ---- what can be changed ----


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in place of one node."""
    match node:
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int()):
            yield from (ast.Constant(node.value + 1), ast.Constant(node.value - 1))
        case ast.Constant(value=float()):
            others = (1.1 * node.value, -node.value) if node.value else (1.0, -1.0)
            yield from (ast.Constant(value) for value in others)
        case ast.BinOp() | ast.AugAssign() | ast.BoolOp() if type(node.op) in SWAPPED:
            yield changed(node, op=SWAPPED[type(node.op)]())
        case ast.UnaryOp(op=ast.USub() | ast.Not()):
            yield node.operand
        case ast.Compare(ops=[first, *others]):
            yield from (changed(node, ops=[other(), *others]) for other in COMPARED[type(first)])
        case ast.Call(func=ast.Name(id="min" | "max" | "within_unit")):
            yield from unbounded(node)
        case ast.If() | ast.IfExp():
            yield changed(node, test=ast.UnaryOp(ast.Not(), node.test))
        case ast.Attribute(value=ast.Name(id="DecisionRule" | "RepresentationRule" | "Contribution")):
            yield ast.BinOp(node, ast.Add(), ast.Constant(1))


def unbounded(call: ast.Call) -> Iterator[ast.AST]:
    """A bound exchanged for its opposite, and left out."""
    if isinstance(call.func, ast.Name) and call.func.id != "within_unit":
        yield changed(call, func=ast.Name({"min": "max", "max": "min"}[call.func.id], ast.Load()))
    yield from call.args


def changed(node: ast.AST, **parts: object) -> ast.AST:
    """A copy of a node with some parts exchanged."""
    other = copy.copy(node)
    for name, part in parts.items():
        setattr(other, name, part)
    return other


def changed_returns(node: ast.Return, returns: str) -> Iterator[ast.AST]:
    """What may be returned instead: the opposite."""
    if node.value is not None and not isinstance(node.value, ast.Constant | ast.Tuple | ast.Compare | ast.Attribute):
        yield changed(node, value=ast.UnaryOp(ast.Not() if returns == "bool" else ast.USub(), node.value))


# ---- where it is changed ----


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of the rules in a module's source, in the order of lines."""
    module = ast.parse(source)
    rules = [node for node in module.body if isinstance(node, ast.FunctionDef) and is_rule(node)]
    for constant in constants_read(module, rules):
        yield from mutants_within(module, constant, [constant.value], "")
    for rule in rules:
        body = rule.body[1:] if ast.get_docstring(rule) else rule.body
        yield from mutants_within(module, rule, body, ast.unparse(rule.returns) if rule.returns else "")


def is_rule(function: ast.FunctionDef) -> bool:
    """Whether a function is one that is to be broken."""
    marks = {mark.id for mark in function.decorator_list if isinstance(mark, ast.Name)}
    return bool(marks & RULE_MARKS) or function.name in TELLINGS


def constants_read(module: ast.Module, rules: Sequence[ast.FunctionDef]) -> list[ast.Assign]:
    """Assignments of numbers to the module's names that its rules read, directly or through one another."""
    assigned = [node for node in module.body if isinstance(node, ast.Assign) and is_numeric(node.value)]
    read = {name for rule in rules for part in rule.body for name in names_in(part)}
    for node in reversed(assigned):
        if read & names_in(*node.targets):
            read |= names_in(node.value)
    return [node for node in assigned if read & names_in(*node.targets)]


def is_numeric(value: ast.expr) -> bool:
    """Whether an expression is a number, or numbers, written out: no call except of a NumPy integer."""
    return not isinstance(value, ast.Call) or ast.unparse(value.func) == "np.uint64"


def names_in(*nodes: ast.AST) -> set[str]:
    """The names that stand in some nodes."""
    return {part.id for node in nodes for part in ast.walk(node) if isinstance(part, ast.Name)}


def mutants_within(module: ast.Module, place: ast.stmt, parts: Sequence[ast.AST], returns: str) -> Iterator[Mutant]:
    """The mutants that come from changing one node among the parts of a function or an assignment."""
    name = place.name if isinstance(place, ast.FunctionDef) else ast.unparse(place).split(" =")[0]
    for part in parts:
        parents = {child: node for node in ast.walk(part) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(part):
            alternatives = changed_returns(node, returns) if isinstance(node, ast.Return) else changes(node)
            for other in alternatives:
                around = parents.get(node, node) if isinstance(node, ast.Constant | ast.Attribute) else node
                change = f"{text(around)} → {text(exchanged(around, node, other))}"
                yield Mutant(node.lineno, name, change, exchanged(module, node, other))


def exchanged(root: ast.AST, old: ast.AST, new: ast.AST) -> ast.AST:
    """A copy of a tree in which one node is exchanged; the rest is shared."""
    if root is old:
        return ast.copy_location(ast.fix_missing_locations(new), old)
    if not any(node is old for node in ast.walk(root)):
        return root
    other = copy.copy(root)
    for name, value in ast.iter_fields(root):
        if isinstance(value, list):
            setattr(other, name, [exchanged(item, old, new) if isinstance(item, ast.AST) else item for item in value])
        elif isinstance(value, ast.AST):
            setattr(other, name, exchanged(value, old, new))
    return other


def text(node: ast.AST) -> str:
    """A node as source on one line; of a block only its head."""
    return ast.unparse(node).split("\n")[0]


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
        "mutants", derandomize=True, deadline=None, database=None, max_examples=25, phases=quick
    )
    package = types.ModuleType("coprod_abm")  # without what its __init__ imports
    package.__path__ = [str(CHECKOUT / "coprod_abm")]
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
    child, status = os.waitpid(-1, 0)
    return running.pop(child), os.waitstatus_to_exitcode(status)


def try_in_fork(family: str, module: ast.Module) -> NoReturn:
    """Leave this fork with the exit status of the family's tests, 1 where they could not even be collected."""
    status = 1
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


def try_family(family: str) -> tuple[int, list[Mutant]]:
    """How many mutants of a family there are, without those that are equivalent, and which survive."""
    source = source_of(family).read_text(encoding="utf-8")
    if outcomes(family, [ast.parse(source)]) != [0]:
        raise RuntimeError(f"The tests of {family} fail without any change: run `pytest {tests_of(family)}` first.")
    tried = [mutant for mutant in mutants(source) if (family, told(mutant)) not in EQUIVALENT]
    statuses = outcomes(family, [mutant.module for mutant in tried])
    return len(tried), [mutant for mutant, status in zip(tried, statuses, strict=True) if status == 0]


def told(mutant: Mutant) -> str:
    """A mutant's change in words."""
    return f"{mutant.function}: {mutant.change}"


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
        sys.stdout.writelines(f"    line {mutant.line}, {told(mutant)}\n" for mutant in survivors)
        sys.stdout.flush()
    sys.stdout.write(f"{line_of('all', total, alive)}{time.monotonic() - started:.0f} s\n")
    return 0 if total - alive >= ENOUGH * total else 1


def line_of(family: str, tried: int, alive: int) -> str:
    """One line of the table."""
    return f"{family:16}{tried:5} mutants {tried - alive:5} killed {alive:4} survived {(tried - alive) / tried:8.1%}\n"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
