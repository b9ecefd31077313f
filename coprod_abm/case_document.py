"""A case's YAML file read into plain values that know the line they stand on; nothing in it can run code."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from coprod_abm.case_error import CaseError, check_mapping

LARGEST_FILE = 2_000_000  # bytes; thousands of sites fit, and a slip of the path to a data dump is caught
DEEPEST = 8  # a case needs three levels of nesting; hostile files nest thousands
LONGEST_NAME = 80  # characters of a key; the longest declared parameter is far shorter
LONGEST_NUMBER = 40  # characters; keeps every number within a float's range of exponents or visibly infinite


@dataclass(frozen=True)
class Document:
    """The content of a YAML file.

    Attributes:
        file: the path as the user would type it.
        values: mapping of plain Python values.
        lines: line number by dotted key, such as ``sites[1].citizens``.
    """

    file: str
    values: dict[str, Any]
    lines: dict[str, int]

    def line(self, key: str) -> int:
        """The line of a dotted key, or of the nearest key above it that exists; 1 for the top."""
        while key and key not in self.lines:
            key = key[: max(key.rfind("."), key.rfind("["), 0)]
        return self.lines.get(key, 1)


def read_bytes(path: Path, largest: int) -> bytes:
    """The content of a regular file of at most ``largest`` bytes.

    Raises:
        CaseError: when the file is missing, is not a regular file, cannot be read or is larger.
    """
    try:
        if not path.is_file():
            raise CaseError("file", str(path), "a file that exists", "Correct the path.")
        if path.stat().st_size > largest:
            raise CaseError("file", str(path), f"a file of at most {largest:,} bytes", "Is this the file you meant?")
        return path.read_bytes()
    except OSError as error:
        raise CaseError("file", str(path), "a file that can be read", f"{error.strerror}: put it right.") from None


def decode(content: bytes, file: str) -> str:
    """The text of a UTF-8 file, without a byte-order mark.

    Raises:
        CaseError: when the bytes are not UTF-8; it names the line of the first such byte.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = content[error.start : error.start + 4]
        raise CaseError("encoding", found, "text in UTF-8", "Save the file as UTF-8.", file, line) from None


def read_document(path: Path) -> Document:
    """The YAML file at ``path``: a mapping without aliases, tags or keys given twice.

    Raises:
        CaseError: naming file, line, key or value, what is expected and the way out.
    """
    file = str(path)
    text = decode(read_bytes(path, LARGEST_FILE), file)
    lines: dict[str, int] = {}
    try:
        values = _values(text, lines)
    except _Refused as refused:
        raise refused.error.at(file, refused.line) from None
    except yaml.YAMLError as error:
        raise _syntax(error).at(file, _line(error, text)) from None
    return Document(file, values, lines)


def _values(text: str, lines: dict[str, int]) -> dict[str, Any]:
    loader = _CaseLoader(text)
    try:
        node = loader.get_single_node()
        value = None if node is None else _plain(loader, node, "", lines)
    finally:
        loader.dispose()
    try:
        check_mapping("the file", value)
    except CaseError as error:
        raise _Refused(error, 1) from None
    return cast(dict[str, Any], value)


class _Refused(Exception):  # noqa: N818 - carries a CaseError and its line out of PyYAML's calls
    def __init__(self, error: CaseError, line: int) -> None:
        super().__init__(str(error))
        self.error, self.line = error, line


class _CaseLoader(yaml.SafeLoader):
    """PyYAML's safe loader, which here only composes nodes, without aliases and without deep nesting."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            way_out = "Write the values out where they are used."
            raise _Refused(CaseError("alias", f"*{event.anchor}", "a file without aliases", way_out), line)
        if self.depth > DEEPEST:
            way_out = "Write the case as docs/cases.md shows it."
            raise _Refused(CaseError("nesting", self.depth, f"at most {DEEPEST} levels", way_out), line)
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def _plain(loader: _CaseLoader, node: yaml.Node, key: str, lines: dict[str, int]) -> Any:
    lines.setdefault(key, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, key, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, item, f"{key}[{index}]", lines) for index, item in enumerate(node.value)]
    return _scalar(loader, node, key)


def _mapping(loader: _CaseLoader, node: yaml.MappingNode, owner: str, lines: dict[str, int]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        name, line = _name(loader, key_node, owner), key_node.start_mark.line + 1
        full = f"{owner}.{name}" if owner else name
        if name in values:
            expected, way_out = f"each key once (first on line {lines[full]})", "Remove one of the two."
            raise _Refused(CaseError(full, _scalar_text(value_node), expected, way_out), line)
        lines[full] = line
        values[name] = _plain(loader, value_node, full, lines)
    return values


def _name(loader: _CaseLoader, node: yaml.Node, owner: str) -> str:
    name = _scalar(loader, node, owner) if isinstance(node, yaml.ScalarNode) else None
    if isinstance(name, str) and name.isprintable() and len(name) <= LONGEST_NAME:
        return name
    way_out = "Use the names that docs/cases.md lists; YAML reads yes, no, on, off and numbers as other than text."
    error = CaseError(f"a key of {owner or 'the file'}", _scalar_text(node), "a name", way_out)
    raise _Refused(error, node.start_mark.line + 1)


def _scalar_text(node: yaml.Node) -> str:
    return node.value if isinstance(node, yaml.ScalarNode) else "a list or mapping"


def _scalar(loader: _CaseLoader, node: yaml.Node, key: str) -> Any:
    tag = node.tag.rpartition(":")[2]
    if tag not in {"str", "int", "float", "bool", "null"} or not node.tag.startswith("tag:yaml.org,2002:"):
        error = CaseError(key, node.value, "text, a number, true or false", "Put dates and the like in quotes.")
        raise _Refused(error, node.start_mark.line + 1)
    try:
        if tag in {"int", "float"} and len(node.value) > LONGEST_NUMBER:
            raise ValueError
        return loader.construct_object(node)
    except (ValueError, ArithmeticError, KeyError, IndexError):  # what PyYAML's scalar constructors let through
        error = CaseError(
            key, node.value, "a plain number such as 0.4 or 300", "Correct it, or quote it if it is text."
        )
        raise _Refused(error, node.start_mark.line + 1) from None


def _syntax(error: yaml.YAMLError) -> CaseError:
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    found = re.sub(r"\s+", " ", str(problem))
    return CaseError(
        "YAML", found, "valid YAML (`key: value`, spaces for indentation)", "Correct this line or the one above."
    )


def _line(error: yaml.YAMLError, text: str) -> int:
    mark = getattr(error, "problem_mark", None)
    return mark.line + 1 if mark else text.count("\n", 0, getattr(error, "position", 0)) + 1
