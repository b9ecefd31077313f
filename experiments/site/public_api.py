"""The public names of the library with their signatures, as one text that a test holds against docs/public_api.txt."""

import ast
import hashlib
import inspect
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import coprod_abm
from coprod_abm.experiments.site.markdown import blocks
from coprod_abm.experiments.site.navigation import SiteError
from coprod_abm.experiments.site.reference_api import home

FILE = "docs/public_api.txt"
CHANGES = "CHANGELOG.md"
HEAD = (
    "# Public names of coprod-abm and their signatures: those of `import coprod_abm as ca`, and those that a page of\n"
    '# docs/ imports from a module. Written by `coprod docs --freeze-api "why"`; no other way changes it.\n'
)


def frozen(checkout: Path, why: str) -> Path:
    """Write the names as they now are, and the reason into the list of changes; the file that was written.

    Raises:
        SiteError: when there is no reason, or nothing has changed.
    """
    file, changes = checkout / FILE, checkout / CHANGES
    text = listed(checkout)
    if not why.strip():
        raise SiteError(
            'The public names change by decision. Say why: coprod docs --freeze-api "what changed, and why".'
        )
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        raise SiteError(f"{FILE} holds the public names as they are: nothing to freeze.")
    told = changes.read_text(encoding="utf-8")
    first, heading, rest = re.split(r"(^## .*\n\n)", told, maxsplit=1, flags=re.MULTILINE)
    line = f"- Public names `{fingerprint(text)}`: {why.strip()}\n"
    changes.write_text(first + heading + line + rest, encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    return file


def fingerprint(text: str) -> str:
    """A short name for exactly these names and signatures.

    >>> fingerprint("a()")
    'a95a4306'
    """
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:8]


def listed(checkout: Path) -> str:
    """Every public name with its signature, one a line, methods and fields below their class."""
    names = {f"{home(name)}.{name}": name for name in coprod_abm.__all__}
    lines = [line for where, name in sorted(names.items()) for line in _told(f"ca.{name}", _found(where))]
    lines += ["", "# named in pages, from a module"]
    lines += [line for where in named_in_pages(checkout) if where not in names for line in _told(where, _found(where))]
    return HEAD + "\n" + "\n".join(lines) + "\n"


def named_in_pages(checkout: Path) -> list[str]:
    """Dotted names that Python blocks of the README and docs/ and the tutorials import from modules of this project."""
    pages = [checkout / "README.md", *sorted((checkout / "docs").glob("*.md"))]
    sources = [
        block.text
        for page in pages
        if page.stem not in {"odd", "extending"}
        for block in blocks(page.read_text(encoding="utf-8"))
        if block.kind == "python"
    ]
    sources += [file.read_text(encoding="utf-8") for file in sorted((checkout / "docs" / "tutorials").glob("*.py"))]
    found = {
        f"{node.module}.{each.name}"
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("coprod_abm.")
        for each in node.names
    }
    return sorted(found)


def _found(where: str) -> Any:
    module, _, name = where.rpartition(".")
    return getattr(import_module(module), name)


def _told(name: str, found: Any) -> list[str]:
    """The lines of one name: of a class also its public members that this project defines."""
    if not inspect.isclass(found):
        return [f"{name}{signature(found)}" if callable(found) else f"{name}: {type(found).__name__}"]
    if issubclass(found, Exception):
        return [f"{name}({', '.join(each.__name__ for each in found.__bases__)})"]
    return [f"{name}{signature(found)}", *(f"    {line}" for line in _members(found))]


def _members(found: type) -> list[str]:
    own = {name: each for kind in reversed(found.__mro__) if _ours(kind) for name, each in vars(kind).items()}
    lines = []
    for name, each in sorted(own.items()):
        if name.startswith("_"):
            continue
        plain = each.__func__ if isinstance(each, (classmethod, staticmethod)) else each
        if inspect.isfunction(plain):
            lines.append(f".{name}{signature(plain)}")
        elif isinstance(each, property) or hasattr(each, "func"):
            lines.append(f".{name}")
    return lines


def _ours(kind: type) -> bool:
    return kind.__module__.startswith("coprod_abm")


def signature(found: Any) -> str:
    """What it is called with: names, kinds and defaults, without types, which tools print differently.

    >>> signature(lambda a, *, b=1: a)
    '(a, *, b=1)'
    """
    shown = inspect.signature(found)
    plain = [each.replace(annotation=inspect.Parameter.empty) for each in shown.parameters.values()]
    return re.sub(
        r" object at 0x\w+", "", str(shown.replace(parameters=plain, return_annotation=inspect.Signature.empty))
    )
