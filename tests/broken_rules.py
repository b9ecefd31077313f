"""Rules with one small change each: a constant, a sign, an operator, a comparison, a bound, a condition, what is returned.

What a function says of itself and the declared parameters (defaults, ranges, texts) are left as they are.
"""

import ast
import copy
from collections.abc import Iterator, Sequence
from typing import NamedTuple

RULE_MARKS = {"rule", "arithmetic"}
TELLINGS = {"goal_fulfilment", "agreement"}  # of the service; the other tellings are tested through the engines
SWAPPED: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitOr,
    ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
COMPARED: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
}  # fmt: skip


class Mutant(NamedTuple):
    """One change to one rule."""

    line: int
    function: str
    before: str
    after: str
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
                around = surroundings(node, parents)
                after = text(exchanged(around, node, other))
                yield Mutant(node.lineno, name, text(around), after, exchanged(module, node, other))


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


def surroundings(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> ast.AST:
    """As much of the expression around a node as can be read at a glance."""
    while isinstance(around := parents.get(node), ast.expr) and len(text(around)) <= 90:
        node = around
    return node


def text(node: ast.AST) -> str:
    """A node as source on one line; of a block only its head."""
    return ast.unparse(node).split("\n")[0]
