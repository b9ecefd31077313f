"""Markdown as the site and its tests read it: links, headings with their anchors, and blocks of code."""

import re
from collections.abc import Callable
from typing import NamedTuple

FENCE = re.compile(r"^( *)(`{3,}|~{3,})(.*?)\n(.*?)^ *\2`*\s*?$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"(!?\[(?:[^\[\]]|\[[^\]]*\])*\]\()([^()\s]+)(\))")
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
HEADING = re.compile(r"^#{1,6} +(.+?)\s*#*$", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block: what its first line calls it, its text, and the line of the page on which it begins."""

    kind: str
    text: str
    line: int


def blocks(text: str) -> list[Block]:
    r"""The fenced blocks of a page, in order.

    >>> blocks("a\n```sh\nls\n```\n")
    [Block(kind='sh', text='ls\n', line=2)]
    """
    return [Block(found[3].strip(), found[4], text[: found.start()].count("\n") + 1) for found in FENCE.finditer(text)]


def links(text: str) -> list[str]:
    """Where the links and pictures of a page lead, in order; what stands in code is no link.

    >>> links("[a](b.md#c) and `[d](e)`")
    ['b.md#c']
    """
    found: list[str] = []

    def kept(target: str) -> str:
        found.append(target)
        return target

    relinked(text, kept)
    return found


def relinked(text: str, led: Callable[[str], str]) -> str:
    """The page with every link leading where ``led`` says; code stays as it is."""
    return _outside(FENCE, text, lambda prose: _relinked_prose(prose, led))


def _relinked_prose(prose: str, led: Callable[[str], str]) -> str:
    code = [found.span() for found in CODE.finditer(prose)]

    def changed(link: re.Match[str]) -> str:
        shown = any(start < link.start() < end for start, end in code)
        return link[0] if shown else link[1] + led(link[2]) + link[3]

    return LINK.sub(changed, prose)


def anchors(text: str) -> set[str]:
    r"""The anchors of a page's headings, as code-hosting pages and the site name them.

    >>> sorted(anchors("# One\n## It's 2 `odd` things\n## One\n"))
    ['its-2-odd-things', 'one', 'one-1']
    """
    found: set[str] = set()
    for heading in HEADING.findall(FENCE.sub("", text)):
        slug = anchor(heading)
        again = sum(1 for number in range(len(found) + 1) if (f"{slug}-{number}" if number else slug) in found)
        found.add(f"{slug}-{again}" if again else slug)
    return found


def anchor(heading: str) -> str:
    """The anchor of one heading: small letters, hyphens for spaces, no other marks.

    >>> anchor("9 Causes, and [loops](odd.md)")
    '9-causes-and-loops'
    """
    told = LINK.sub(lambda link: link[1].lstrip("!")[1:-2], heading)
    return re.sub(r"[^\w\- ]", "", told.strip().lower()).replace(" ", "-")


def _outside(code: re.Pattern[str], text: str, changed: Callable[[str], str]) -> str:
    """The text with ``changed`` applied to what lies between pieces of code."""
    parts, end = [], 0
    for found in code.finditer(text):
        parts += [changed(text[end : found.start()]), found[0]]
        end = found.end()
    return "".join([*parts, changed(text[end:])])
