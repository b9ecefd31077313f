"""The order of the site: which page stands in which section, read from docs/navigation.yaml."""

from pathlib import Path, PurePosixPath
from typing import NamedTuple

import yaml

from coprod_abm.experiments.site.reference import REFERENCE

FILE = "docs/navigation.yaml"
FRONT = "docs/index.md"
TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "VISION.md")
TUTORIALS = "docs/tutorials"


class SiteError(ValueError):
    """A page that stands nowhere, or a place without a page; the message names it and the way out."""


class Section(NamedTuple):
    """A section of the navigation: its title, and its pages by their path in the checkout, the first to read first."""

    title: str
    pages: tuple[str, ...]


def pages(checkout: Path) -> tuple[str, ...]:
    """Everything in a checkout that is a page of the site, and what the build writes, by path."""
    written = [*(f"docs/{file.name}" for file in (checkout / "docs").glob("*.md") if ".in." not in file.name), *TOP]
    tutorials = [f"{TUTORIALS}/{file.name}" for file in (checkout / TUTORIALS).glob("*.py")]
    return tuple(sorted({*written, *tutorials, *REFERENCE} - {FRONT}))


def navigation(checkout: Path) -> tuple[Section, ...]:
    """The sections in their order.

    Raises:
        SiteError: when a page of the checkout stands in none of them, in two, or one stands there that is no page.
    """
    told = yaml.safe_load((checkout / FILE).read_text(encoding="utf-8"))
    sections = tuple(Section(title, tuple(names)) for title, names in told.items())
    placed = [page for section in sections for page in section.pages]
    for page in pages(checkout):
        if placed.count(page) != 1:
            times = "in no section" if page not in placed else "in two places"
            raise SiteError(
                f"{page} stands {times} of {FILE}. Write it there once, in the section where a reader looks."
            )
    for page in placed:
        if page not in pages(checkout):
            raise SiteError(f"{FILE} names {page}, and there is no such page. Correct the name or remove the line.")
    return sections


def docname(page: str) -> str:
    """A page's name in the site, without an ending.

    >>> docname("docs/running.md"), docname("README.md"), docname("docs/tutorials/sweep.py"), docname("reference/api.rst")
    ('running', 'readme', 'tutorials/sweep', 'reference/api')
    """
    path = PurePosixPath(page).with_suffix("").as_posix()
    return path.removeprefix("docs/") if "/" in path else path.lower()
