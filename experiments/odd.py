"""`coprod docs`: the pages of docs/ that repeat what the code declares, made from it.

A page ``docs/NAME.in.md`` is prose with markers such as ``<!-- parameters power -->``; its page ``docs/NAME.md`` is the same
with each marker replaced by what ``odd_markers`` makes of the code, so that no table or equation is written twice.
"""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from coprod_abm.declare import nearest
from coprod_abm.experiments.odd_markers import MARKERS, DocumentError
from coprod_abm.experiments.stress_markers import STRESS

HERE = Path(__file__).resolve().parent.parent / "docs"
MARKER = re.compile(r"<!-- (\w+)((?: [\w./-]+)*) -->")
WRITTEN = "<!-- Written by `coprod docs` from {source} and the code. Edit that file, not this one. -->\n\n"


def main(words: Sequence[str]) -> None:
    """Write every generated page and the causal-loop figure anew.

    Raises:
        DocumentError: when there is no folder of documents, or a page has a marker that means nothing.
        SiteError: when public names are to be frozen that have not changed, or without a reason.
    """
    parser = argparse.ArgumentParser(
        "coprod docs",
        description="Write docs/NAME.md from docs/NAME.in.md and the code, and the causal-loop figure.",
    )
    parser.add_argument("folder", nargs="?", type=Path, default=HERE, help="the folder docs/ of a checkout")
    parser.add_argument(
        "--freeze-api", metavar="WHY", help="write the public names as they now are, and why they changed"
    )
    given = parser.parse_args(list(words))
    if given.freeze_api is not None:
        from coprod_abm.experiments.site.public_api import frozen

        print(frozen(given.folder.parent, given.freeze_api))
        return
    folder = given.folder
    for source in sources(folder):
        page = page_of(source)
        page.write_text(written(source), encoding="utf-8")
        print(page)
    from coprod_abm.experiments.figure_causes import draw_causes

    for file in draw_causes(folder / "figures"):
        print(file)


def sources(folder: Path = HERE) -> list[Path]:
    """The pages with markers, in alphabetical order.

    Raises:
        DocumentError: when there are none.
    """
    found = sorted(folder.glob("*.in.md"))
    if not found:
        raise DocumentError(f"{folder} holds no pages *.in.md. Name the folder docs/ of a checkout of coprod-abm.")
    return found


def page_of(source: Path) -> Path:
    """The page that is made from a source."""
    return source.with_name(source.name.replace(".in.md", ".md"))


def written(source: Path) -> str:
    """The whole page as the code now gives it.

    Raises:
        DocumentError: on a marker that means nothing.
    """
    return WRITTEN.format(source=f"docs/{source.name}") + filled(source.read_text(encoding="utf-8"))


def filled(text: str) -> str:
    """The text with every marker replaced.

    >>> filled("A month is <!-- constant week.MONTH --> weeks.")
    'A month is 4 weeks.'

    Raises:
        DocumentError: on a marker that means nothing; the nearest one is named.
    """
    return MARKER.sub(_replacement, text)


def _replacement(found: re.Match[str]) -> str:
    name, given = found[1], found[2].split()
    known = {**MARKERS, **STRESS}
    if name not in known:
        raise DocumentError(f"{found[0]} is not a marker.{nearest(name, known)} Markers: {', '.join(known)}.")
    try:
        return known[name](*given)
    except TypeError:
        raise DocumentError(f"{found[0]}: the marker {name!r} does not take {len(given)} words.") from None
