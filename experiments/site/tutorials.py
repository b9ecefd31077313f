"""What sphinx-gallery asks of us while it runs the tutorials: their order, a clean start, and the pictures that they show."""

import ast
import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from coprod_abm.experiments import cli
from coprod_abm.experiments.site.navigation import TUTORIALS, SiteError, navigation

FOLDER = "COPROD_SITE_TUTORIALS"  # tells Sphinx, in its own settings, from where tutorials run
CHECKOUT = Path(__file__).resolve().parent.parent.parent


def place_of(name: str) -> int:
    """The place of a tutorial, as the navigation has it."""
    order = [page for section in navigation(CHECKOUT) for page in section.pages if page.startswith(TUTORIALS)]
    return order.index(f"{TUTORIALS}/{name}")


def settled(_gallery: dict[str, Any], _name: str, when: str) -> None:  # noqa: ARG001 - sphinx-gallery asks for this name
    """Each tutorial begins as in a fresh process and an empty folder: no figure open, no log being written, no results."""
    import matplotlib.pyplot as plt

    plt.close("all")
    cli.main = succeeding
    logging.getLogger("MESA").setLevel(logging.WARNING)  # Sphinx listens to everything, a reader does not
    for logger in [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]:
        for handler in list(logger.handlers):
            if isinstance(handler, logging.FileHandler):
                handler.close()
                logger.removeHandler(handler)
    emptied(Path(os.environ[FOLDER]))


def emptied(folder: Path) -> None:
    """Take away what a tutorial wrote; sphinx-gallery would take a folder with a README for further tutorials."""
    for each in folder.iterdir():
        if each.is_dir():
            shutil.rmtree(each)
        elif each.suffix not in {".py", ".rst"}:
            each.unlink()


COMMAND = cli.main


def succeeding(arguments: Sequence[str] | None = None) -> int:
    """A command of a tutorial as its reader calls it; where it is refused or fails, so does the tutorial.

    Raises:
        SiteError: naming the command and its exit code; its own message stands before it.
    """
    code = COMMAND(arguments)
    if code:
        raise SiteError(f"coprod {' '.join(arguments or ())} ended with {code}. Put the tutorial right.")
    return code


def pictures(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """The picture in which a block ends, such as ``Image.open("first/figures/SE-JKP.png")``, saved for the page.

    Returns reStructuredText that shows it; ``""`` where a block ends in something else.
    """
    from PIL import Image
    from sphinx_gallery.scrapers import figure_rst

    found = block_vars["example_globals"].get("___")
    if not (_ends_in_a_value(block[1]) and isinstance(found, Image.Image)):
        return ""
    file = next(block_vars["image_path_iterator"])
    found.save(file)
    return str(figure_rst([file], gallery_conf["src_dir"], alt_of(block[1])))


def _ends_in_a_value(source: str) -> bool:
    body = ast.parse(source).body
    return bool(body) and isinstance(body[-1], ast.Expr)


def alt_of(source: str) -> str:
    r"""What a picture shows, for those who do not see it: the comment on the line that opens it, without its mark.

    >>> alt_of('# trust over six years\nImage.open("a.png")')
    'trust over six years'
    """
    told = [line.lstrip("# ") for line in source.splitlines() if line.startswith("# ")]
    return told[-1] if told else ""
