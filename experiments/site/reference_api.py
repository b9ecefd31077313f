"""The library's page of the reference: every public name, by what it is for, for Sphinx to fill from docstrings."""

import inspect
from importlib import import_module
from types import ModuleType

import coprod_abm

LEAD = """The library
===========

Names of ``import coprod_abm as ca``, grouped by what they are for. They are frozen: a test holds every name and signature
against ``docs/public_api.txt``, and a change of one needs a line in the list of changes.

"""


def api() -> str:
    """The page in reStructuredText, one section for each module that holds public names."""
    homes: dict[str, list[str]] = {}
    for name in coprod_abm.__all__:
        homes.setdefault(home(name), []).append(name)
    return LEAD + "\n".join(_section(module, names) for module, names in homes.items())


def home(name: str) -> str:
    """The module in which a public name is defined.

    >>> home("load_case")
    'coprod_abm.case'
    """
    return str(coprod_abm._HOME[name])  # noqa: SLF001 - the package's own table of where names live


def _section(module: str, names: list[str]) -> str:
    purpose = (inspect.getdoc(import_module(module)) or "").partition("\n")[0].rstrip(".")
    title = module.removeprefix("coprod_abm.").replace("_", " ").capitalize()
    shown = "\n".join(_directive(import_module(module), name) for name in names)
    return f"{title}\n{'-' * len(title)}\n\n{purpose.replace('`', '``')}.\n\n{shown}"


def _directive(module: ModuleType, name: str) -> str:
    found = getattr(module, name)
    options = ""
    if inspect.isclass(found):
        kind = "exception" if issubclass(found, Exception) else "class"
        options = "" if kind == "exception" else "   :members:\n   :member-order: bysource\n"
    else:
        kind = "function" if callable(found) else "data"
        options = "" if callable(found) else "   :no-value:\n"
    return f".. auto{kind}:: {module.__name__}.{name}\n{options}"
