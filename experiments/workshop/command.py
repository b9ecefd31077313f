"""`coprod workshop`: serve the page on this machine, or write it as one file that works without Python."""

import importlib
import webbrowser
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from coprod_abm.case import Case, cases, load_case
from coprod_abm.declare import nearest
from coprod_abm.experiments.workshop.choices import choices, page_words
from coprod_abm.experiments.workshop.drawn import Drawn, drawn_of
from coprod_abm.experiments.workshop.questions import questions, start_of
from coprod_abm.language import languages
from coprod_abm.simulate import RunError

PORT = 8765
START_CASE = "EN-LPFT"  # one project: the quickest to answer
HELP = """coprod workshop: open the workshop page in a browser, on this machine alone

usage: coprod workshop [key=value ...]           coprod workshop export [key=value ...]
       coprod workshop pack [key=value ...]      coprod workshop guide|map from=FOLDER [key=value ...]

Keys
  case=NAME        the place to begin with (EN-LPFT), or the path of your own case file
  scenario=NAME    the question to begin with: a shipped scenario, or the path of your own
  draws=FILE       a CSV or Parquet file of parameter draws from a calibration, as `coprod scenarios` takes it;
                   stated defaults otherwise, and the page says which of the two it shows
  port=NUMBER      port to answer at (8765); 0 takes any that is free
  host=ADDRESS     address to answer at (127.0.0.1: nobody but this machine)
  language=en|sv   language to begin with (en); each visitor can change it
  browser=yes|no   whether to open a browser (yes)

Ctrl-C ends the page. Each of these says more with --help:
  coprod workshop export   the page as one file, for a room without Python
  coprod workshop pack     a report and slides that tell what scenarios show, in plain words
  coprod workshop guide    a guide on two pages for those who lead a project
  coprod workshop map      the cases in the 4M frame: measurement, mechanisms, management, model"""


class Part(NamedTuple):
    """What stands behind a first word: module, function."""

    module: str
    function: str


PARTS = {
    "export": Part("coprod_abm.experiments.workshop.export", "main"),
    "pack": Part("coprod_abm.experiments.pack.command", "main"),
    "guide": Part("coprod_abm.experiments.pack.practice", "guide"),
    "map": Part("coprod_abm.experiments.pack.practice", "cases_map"),
}


class Told(NamedTuple):
    """What the user typed, checked."""

    cases: dict[str, Case]
    boot: dict[str, Any]
    host: str
    port: int
    browser: bool
    drawn: Drawn | None = None


def main(words: Sequence[str]) -> None:
    """Serve the page until Ctrl-C, or do one of the ``PARTS``.

    Raises:
        RunError, CaseError: when a key or value cannot be used, or the port is in use.
    """
    if words and words[0] in PARTS:
        part = PARTS[words[0]]
        getattr(importlib.import_module(part.module), part.function)(words[1:])
        return
    if asks_for_help(words):
        print(HELP)
        return
    given = told(keys_of(words, ("case", "scenario", "draws", "port", "host", "language", "browser"), PARTS))
    serve(given)


def serve(given: Told, ready: Callable[[str], None] | None = None) -> None:
    """Answer until interrupted."""
    from coprod_abm.experiments.workshop.live import Live
    from coprod_abm.experiments.workshop.server import LOOPBACK, Server

    live = Live()
    try:
        server = Server(given.host, given.port, given.cases, given.boot, live, given.drawn)
    except BaseException:
        live.close()
        raise
    with server:
        warm(live, given)
        print(f"The workshop page: {server.url}", flush=True)
        if given.host not in LOOPBACK:
            print("Everybody who reaches this address can open the page: nothing protects it.", flush=True)
        if given.browser and not opened(server.url):
            print("No browser was found on this machine: open the address above in one.", flush=True)
        print("Ctrl-C ends it.", flush=True)
        if ready:
            ready(server.url)
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            print("\nThe workshop page has ended.")
        finally:
            live.close()


def warm(live: Any, given: Told) -> None:
    """Load the compiled model before anyone asks; the first time after an installation it takes a minute."""
    from coprod_abm.compiled import is_compiled
    from coprod_abm.experiments.workshop.asked import asked

    if not is_compiled():
        print("Compiling the model; once, up to a minute ...", flush=True)
    start = given.boot["start"]
    arms = {arm: {key: start[arm][key] for key in ("presets", "values", "events")} for arm in ("a", "b")}
    live.runs(asked({"case": start["case"], "seed": start["seed"], **arms, "first": True}, given.cases, given.drawn))


def opened(url: str) -> bool:
    """Whether a browser could be asked to open the address."""
    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False


def told(keys: Mapping[str, str]) -> Told:
    """The checked keys of the page.

    Raises:
        RunError, CaseError: naming key, value and way out.
    """
    from coprod_abm.experiments.workshop.live import check_size

    port = whole("port", keys.get("port", str(PORT)), 0, 65_535)
    language = one_of("language", keys.get("language", "en"), languages())
    browser = one_of("browser", keys.get("browser", "yes"), ("yes", "no")) == "yes"
    known = shipped_cases()
    start = start_of(keys.get("scenario"), keys.get("case"), known, START_CASE)
    for case in known.values():
        check_size(case)
    drawn = drawn_of(Path(keys["draws"]).expanduser()) if "draws" in keys else None
    boot = boot_of(known, start, language, drawn)
    return Told(known, boot, keys.get("host", "127.0.0.1"), port, browser, drawn)


def boot_of(known: dict[str, Case], start: dict[str, Any], language: str, drawn: Drawn | None = None) -> dict[str, Any]:
    """Everything that the page is told at its start; of draws their file and number."""
    from importlib.metadata import version

    return {
        "version": version("coprod-abm"),
        "language": language,
        "words": page_words(),
        "choices": choices(known),
        "questions": questions(known),
        "start": start,
        "drawn": drawn.facts if drawn else None,
        "offline": None,
    }


def shipped_cases() -> dict[str, Case]:
    """The shipped cases by name."""
    return {name: load_case(name) for name in cases()}


def asks_for_help(words: Sequence[str]) -> bool:
    """Whether the words ask for help."""
    return any(word in {"-h", "--help", "help"} for word in words)


def keys_of(words: Sequence[str], known: Sequence[str], parts: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Typed keys with their values.

    Raises:
        RunError: when a word is no key=value, or a key is unknown or stands twice.
    """
    found: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            others = [*(parts or ()), *(f"{name}=" for name in known)]
            raise RunError(f"{word!r} means nothing here. Write key=value, as in port=8766.{nearest(word, others)}")
        if key not in known:
            raise RunError(f"{key!r} is not a key of coprod workshop.{nearest(key, known)} Keys: {', '.join(known)}.")
        if key in found:
            raise RunError(f"{key} is given twice. Keep one of them.")
        found[key] = value
    return found


def whole(key: str, text: str, low: int, high: int) -> int:
    """A typed whole number.

    Raises:
        RunError: when it is none, or out of range.
    """
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise RunError(f"{key} = {text!r} is not a whole number from {low} to {high}. Give one.")
    return int(text)


def one_of(key: str, text: str, options: Sequence[str]) -> str:
    """A typed option.

    Raises:
        RunError: when it is none of them.
    """
    if text not in options:
        raise RunError(f"{key} = {text!r} is not one of {', '.join(options)}.{nearest(text, options)}")
    return text
