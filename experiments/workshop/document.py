"""The page as one document: what it needs to know stands in it, and for the offline file its style and scripts as well."""

import json
import re
from functools import cache
from importlib import resources
from typing import Any

SCRIPTS = ("words", "state", "live", "offline", "controls", "drawing", "fan", "shares", "told", "share", "main")
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
STYLE = '<link rel="stylesheet" href="style.css">'
SCRIPT = '<script type="module" src="main.js"></script>'
BOOT = "__BOOT__"
POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
OFFLINE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:"
_IMPORT = re.compile(r"^import\b[^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class)\b)", re.MULTILINE)


@cache
def files() -> dict[str, bytes]:
    """Every file of the page by its name; nothing else is ever served."""
    folder = resources.files("coprod_abm.experiments.workshop") / "page"
    return {file.name: file.read_bytes() for file in folder.iterdir() if "." in file.name}


def page(boot: dict[str, Any]) -> bytes:
    """The page of the live model."""
    return text_of("index.html").replace(BOOT, inline_json(boot)).encode()


def offline_page(boot: dict[str, Any]) -> str:
    """The same page as one file that needs no server and asks nobody for anything."""
    text = text_of("index.html")
    text = text.replace(STYLE, f"<style>\n{text_of('style.css')}</style>")
    text = text.replace("<head>", f'<head>\n<meta http-equiv="Content-Security-Policy" content="{OFFLINE_POLICY}">')
    text = text.replace(SCRIPT, f'<script type="module">\n{bundle()}</script>')
    return text.replace(BOOT, inline_json(boot))


def bundle() -> str:
    """All scripts as one: the modules in the order of their needs, without the words that join them."""
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", text_of(f"{name}.js"))) for name in SCRIPTS)


def inline_json(found: Any) -> str:
    """JSON that can stand inside a script element: nothing in it can end the element or start a comment."""
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def text_of(name: str) -> str:
    """A file of the page as text."""
    return files()[name].decode()
