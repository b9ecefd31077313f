"""`coprod site`: the documentation as a folder of web pages that needs no network, tutorials run and references made anew."""

import argparse
import importlib.util
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from coprod_abm.experiments.site.navigation import SiteError

CHECKOUT = Path(__file__).resolve().parent.parent.parent
NEEDED = ("furo", "myst_parser", "sphinx", "sphinx_gallery")


def main(words: Sequence[str]) -> int:
    """Build the site; 0 when it is whole, 1 when a link, an anchor, a block or a tutorial is wrong.

    Raises:
        SiteError: outside a checkout, without the extra ``docs``, or when a page stands nowhere in the navigation.
    """
    given = parser().parse_args(list(words))
    check_place()
    out = Path(given.out).absolute()
    from coprod_abm.experiments.site.staging import stage

    stage(CHECKOUT, out / "pages")
    os.environ["COPROD_SITE_TUTORIALS"] = str(out / "tutorials")
    code = built(out, "linkcheck" if given.links else "html", run=not given.prose)
    if code == 0 and not given.links:
        print(f"Open {out / 'html' / 'index.html'}")
    return code


def parser() -> argparse.ArgumentParser:
    """What the command can be told."""
    made = argparse.ArgumentParser(
        "coprod site",
        description="Build the documentation site (in a checkout, with the extra docs).",
        allow_abbrev=False,
    )
    made.add_argument("--out", default=str(CHECKOUT / "build" / "site"), help="folder of the site (build/site)")
    made.add_argument("--prose", action="store_true", help="show the tutorials without running them: quicker")
    made.add_argument(
        "--links", action="store_true", help="ask every outside address whether it answers, in place of pages"
    )
    return made


def check_place() -> None:
    """Refuse what cannot become a site.

    Raises:
        SiteError: outside a checkout, or without the packages that build it.
    """
    if not (CHECKOUT / "docs" / "navigation.yaml").is_file():
        raise SiteError(
            f"{CHECKOUT} has no docs/navigation.yaml. Run coprod site in a checkout, by python3 start.py site."
        )
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise SiteError(f"{', '.join(missing)} is not installed. pip install 'coprod-abm[docs]', or use start.py.")


def built(out: Path, builder: str, run: bool) -> int:
    """Sphinx's exit code; every warning is an error. Pages of an earlier build that are no more do not stay."""
    from sphinx.cmd.build import main as sphinx

    shutil.rmtree(out / builder, ignore_errors=True)
    told = [
        "-c",
        str(Path(__file__).parent),
        "-b",
        builder,
        "-E",
        "-q",
        "-W",
        "--keep-going",
        "-d",
        str(out / "doctrees"),
    ]
    return int(sphinx([*told, "-D", f"plot_gallery={run}", str(out / "pages"), str(out / builder)]))
