"""Lays the pages of a checkout out for Sphinx: links lead to pages of the site, or to the file of the checkout itself."""

import posixpath
import shutil
from collections.abc import Callable
from pathlib import Path

from coprod_abm.experiments.site.markdown import relinked
from coprod_abm.experiments.site.navigation import FRONT, TUTORIALS, Section, SiteError, docname, navigation, pages
from coprod_abm.experiments.site.reference import REFERENCE

KINDS = {".py": "python", ".yaml": "yaml", ".sh": "bash", ".toml": "toml"}
TITLES = {"README.md": "The project at a glance"}  # whose own title is the project's name
SHOWN = "files"  # folder of the site in which files of the checkout are shown


def stage(checkout: Path, target: Path) -> None:
    """Write every page below ``target``, anew; tutorials go to ``target/../tutorials``, from where they are executed.

    Raises:
        SiteError: when a page has no place, or a link leads to nothing.
    """
    sections = navigation(checkout)
    shutil.rmtree(target, ignore_errors=True)
    scripts = target.parent / "tutorials"
    shutil.rmtree(scripts, ignore_errors=True)
    shutil.copytree(checkout / TUTORIALS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(checkout / "docs" / "figures", target / "figures")
    for page in (*pages(checkout), FRONT):
        if page.endswith(".md") or page in REFERENCE:
            _write(target, page, _text(checkout, page, target))
    with (target / "index.md").open("a", encoding="utf-8") as file:
        file.write("".join(map(_toctree, sections)))


def _text(checkout: Path, page: str, target: Path) -> str:
    """A page with its links as the site needs them."""
    if page in REFERENCE:
        return REFERENCE[page]()
    text = (checkout / page).read_text(encoding="utf-8")
    return relinked(text, _leading(checkout, page, target))


def _leading(checkout: Path, page: str, target: Path) -> Callable[[str], str]:
    here = "" if page == FRONT else posixpath.dirname(docname(page))

    def led(link: str) -> str:
        if "://" in link or link.startswith(("#", "mailto:")):
            return link
        path, mark, anchor = link.partition("#")
        return posixpath.relpath(_place(checkout, _inside(page, path), page, target), here or ".") + mark + anchor

    return led


def _inside(page: str, path: str) -> str:
    """Where a relative path of a page leads, from the top of the checkout."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), path))


def _place(checkout: Path, path: str, page: str, target: Path) -> str:
    """Where the site shows a path of the checkout."""
    if path == FRONT:
        return "index.md"
    if path.rstrip("/") == TUTORIALS:
        return "tutorials/index.rst"
    if path.startswith(f"{TUTORIALS}/"):
        return f"{docname(path)}.rst"
    if path in pages(checkout):
        return f"{docname(path)}{Path(path).suffix}"
    if path.startswith("docs/figures/"):
        return path.removeprefix("docs/")
    if not (checkout / path).exists():
        raise SiteError(f"{page} links {path}, and there is no such file. Correct the link.")
    return _shown(checkout / path, path, target)


def _shown(file: Path, path: str, target: Path) -> str:
    """The page on which a file or folder of the checkout is shown; it is written when it is first linked."""
    page = f"{SHOWN}/{path.replace('/', '--')}.md"
    if file.is_dir():
        body = "\n".join(f"* `{each.relative_to(file).as_posix()}`" for each in sorted(file.rglob("*.yaml")))
    else:
        body = f"`````{KINDS.get(file.suffix, 'text')}\n{file.read_text(encoding='utf-8')}\n`````"
    _write(target, page, f"---\norphan: true\n---\n\n# {path}\n\n{body}\n")
    return page


def _write(target: Path, page: str, text: str) -> None:
    path = "index.md" if page == FRONT else page if page.startswith(SHOWN) else f"{docname(page)}{Path(page).suffix}"
    file = target / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _toctree(section: Section) -> str:
    """One section of the navigation; the tutorials stand under their own index."""
    names = list(dict.fromkeys(map(_entry, section.pages)))
    return "\n".join(["\n```{toctree}", ":hidden:", f":caption: {section.title}", "", *names, "```\n"])


def _entry(page: str) -> str:
    name = "tutorials/index" if page.startswith(TUTORIALS) else docname(page)
    return f"{TITLES[page]} <{name}>" if page in TITLES else name
