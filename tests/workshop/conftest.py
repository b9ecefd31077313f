"""The page in a real browser: a server on loopback for the session, Debian's or any other Chromium, and what a page tells."""

import json
import os
import shutil
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from coprod_abm.experiments.workshop.asked import asked
from coprod_abm.experiments.workshop.command import boot_of, shipped_cases
from coprod_abm.experiments.workshop.connections import Connections
from coprod_abm.experiments.workshop.drawn import Drawn
from coprod_abm.experiments.workshop.live import Live
from coprod_abm.experiments.workshop.questions import start_of
from coprod_abm.experiments.workshop.server import Server

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE = 60_000  # milliseconds


@contextmanager
def served(
    futures: int = 200,
    case: str = "EN-LPFT",
    scenario: str | None = None,
    connections: int = 64,
    drawn: Drawn | None = None,
) -> Iterator[Server]:
    """A server of its own on a free port of loopback; it ends with the block."""
    known = shipped_cases()
    live = Live(futures)
    plain: dict[str, Any] = {"case": case, "a": {}, "b": {}, "first": True}
    live.runs(asked(plain, known))  # compiles where nobody has before
    boot = boot_of(known, start_of(scenario, case, known, "EN-LPFT"), "en", drawn)
    server = Server("127.0.0.1", 0, known, boot, live, drawn)
    server.connections = Connections(connections)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        live.close()
        thread.join(timeout=10)


def browser_path() -> str:
    """The executable of an installed browser; the test is left out, saying why, where there is none."""
    chosen = os.environ.get("COPROD_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not chosen:
        pytest.skip(f"no browser on PATH ({', '.join(BROWSERS)}); install chromium, or set COPROD_BROWSER")
    return chosen


@contextmanager
def browsing() -> Iterator[Any]:
    """A browser without a window."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install -e '.[test]'"
    )
    path = browser_path()
    flags = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=flags)
        try:
            yield browser
        finally:
            browser.close()


class Page:
    """A page of the workshop that fails its test on any error of a script, and asks nobody but its server."""

    def __init__(self, browser: Any, url: str, width: int = 1366, height: int = 768, **options: Any) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, accept_downloads=True, **options
        )
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(PATIENCE)
        self.errors: list[str] = []
        self.asked: list[str] = []
        self.url = url
        self.tab.on("pageerror", lambda error: self.errors.append(str(error)))
        self.tab.on("console", lambda told: self.errors.append(told.text) if told.type == "error" else None)
        self.tab.on("request", lambda request: self.asked.append(request.url))

    def open(self, settings: str = "") -> "Page":
        self.tab.goto("about:blank")  # else a change of what stands after the # loads nothing anew
        self.tab.goto(f"{self.url}#{settings}" if settings else self.url)
        return self.done()

    def done(self) -> "Page":
        """Wait until the picture of what is set now is whole."""
        self.tab.wait_for_function("() => document.querySelector('#results').dataset.done === 'true'")
        return self

    def act(self, change: Any) -> "Page":
        """Do something that asks for a new picture, and wait until that one is whole; an older one may still come in between."""
        self.tab.evaluate(
            "() => { const begun = performance.now();"
            " window.whole = new Promise((done, fail) => { setTimeout(() => fail(new Error('no whole picture within a minute')), 60000);"
            " const heard = told => { if (told.detail.since >= begun && told.detail.n >= told.detail.futures) {"
            " document.removeEventListener('picture', heard); done(true); } }; document.addEventListener('picture', heard); }); }"
        )
        change(self.tab)
        self.tab.evaluate("() => window.whole")
        return self

    def settled(self) -> "Page":
        """Wait until what follows a change of size has been drawn."""
        frame = "await new Promise(go => requestAnimationFrame(go));"
        self.tab.evaluate(f"async () => {{ {4 * frame} }}")
        return self

    def choose(self, name: str, value: str) -> "Page":
        return self.act(lambda tab: tab.locator(f"#{name}").select_option(value))

    def slide(self, name: str, value: float) -> "Page":
        script = "(it, to) => { it.value = to; it.dispatchEvent(new Event('input', {bubbles: true})); }"
        return self.act(lambda tab: tab.locator(f"#{name}").evaluate(script, value))

    def press(self, name: str, key: str) -> "Page":
        return self.act(lambda tab: tab.locator(f"#{name}").press(key))

    def text(self, place: str) -> str:
        return str(self.tab.locator(place).inner_text())

    def cells(self, table: str) -> list[list[str]]:
        script = "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
        return list(self.tab.locator(f"#{table} tbody tr").evaluate_all(script))

    def settings(self) -> str:
        return str(self.tab.evaluate("() => location.hash"))

    def close(self) -> None:
        self.context.close()
        assert self.errors == []
        home = self.url.partition("#")[0].rsplit("/", 1)[0]
        assert [one for one in self.asked if not one.startswith((home, "data:", "blob:", "about:"))] == []


def sent(url: str, request: Any, headers: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
    """Status and answer of a request for a picture."""
    content = request if isinstance(request, bytes) else json.dumps(request).encode()
    asked = urllib.request.Request(f"{url}picture", content, {"Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def whole_picture(url: str, request: dict[str, Any]) -> dict[str, Any]:
    """A picture with all its futures."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        status, told = sent(url, request)
        assert status == 200, told
        if told["n"] >= told["futures"]:
            return told
    raise AssertionError("the picture was not finished within a minute")


def free_port() -> int:
    """A port that nobody uses just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="session")
def kit() -> SimpleNamespace:
    """The functions of this file, for tests, which cannot import it."""
    return SimpleNamespace(
        Page=Page, served=served, browsing=browsing, sent=sent, whole_picture=whole_picture, free_port=free_port
    )


@pytest.fixture(scope="session")
def quick() -> Iterator[Server]:
    """A server whose pictures have 24 futures."""
    with served(futures=24) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser for the tests of a file."""
    with browsing() as started:
        yield started
