"""`coprod workshop pack`: a report and slides of scenarios, from a folder of `coprod scenarios` or from runs of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from coprod_abm.experiments.run_folder import check_free
from coprod_abm.experiments.workshop.command import asks_for_help, keys_of
from coprod_abm.language import languages
from coprod_abm.simulate import RunError

if TYPE_CHECKING:
    from coprod_abm.experiments.scenario_runs import Arms
    from coprod_abm.experiments.scenario_words import Order

HELP = """coprod workshop pack: write a report (one HTML file) and slides (PowerPoint) for a workshop

usage: coprod workshop pack from=FOLDER [key=value ...]
       coprod workshop pack scenario=NAME [key=value ...]

Keys
  from=FOLDER      a folder that `coprod scenarios` left, or one scenario's folder inside it
  scenario=NAME    a shipped scenario, several as in A,B, the path of your own, or all: run first, with the
                   keys of `coprod scenarios` (case, replicates, seed, every, draws, threads, rules, parameters)
  out=FOLDER       folder for the pack (runs/pack- with date and time); it must not hold files
  language=en|sv   language of the pack, or both (both)
  slides=yes|no    whether to write PowerPoint files (yes)
  font=NAME        a font of this machine for the pictures, such as your organisation's own

The report opens in any browser without a network and prints on A4. docs/workshop.md says how to use both.
`coprod workshop guide` writes a guide on two pages for practice, `coprod workshop map` the map of cases."""
OWN = ("from", "out", "language", "slides", "font")


@dataclass(frozen=True)
class Asked:
    """What the command line asks for.

    Attributes:
        folder: of results, as typed; empty where scenarios are run first.
        order: the runs to make first.
        out: folder of the pack.
        spoken: languages.
        slides: whether to write slides.
        font: of pictures.
    """

    folder: str
    order: "Order | None"
    out: Path
    spoken: tuple[str, ...]
    slides: bool
    font: str | None


def main(words: Sequence[str]) -> None:
    """Write the pack.

    Raises:
        RunError, CaseError, ParameterError, PresetError, OutputError: before anything is simulated or written.
    """
    if asks_for_help(words) or not words:
        print(HELP)
        return
    asked = asked_of(words)
    from coprod_abm.experiments.provenance import command_line, write_provenance
    from coprod_abm.experiments.run_folder import run_folder

    with run_folder(asked.out) as folder:
        written = write_pack(results_of(asked, folder), asked, folder)
        write_provenance(folder, command_line(), results=asked.folder or "results")
    print("\n".join(["", f"The pack: {asked.out}", *(f"  {name}" for name in written)]))


def asked_of(words: Sequence[str]) -> Asked:
    """The checked command line.

    Raises:
        RunError, CaseError, OutputError: naming key, value and way out.
    """
    own = [word for word in words if word.partition("=")[0] in OWN or "=" not in word]
    others = [word for word in words if word not in own]
    keys = keys_of(own, OWN)
    if "from" in keys and others:
        raise RunError(
            f"{others[0]!r} is for runs, and from= takes runs that are there. Leave one of them out: with scenario=NAME "
            "in place of from= the scenario is run first."
        )
    if "from" not in keys and not any(word.startswith("scenario=") for word in others):
        raise RunError("Which results? Write from=FOLDER of `coprod scenarios`, or scenario=NAME to run one first.")
    spoken, font = spoken_in(keys.get("language", "both")), checked(keys.get("font"))
    slides = switch("slides", keys.get("slides", "yes"))
    if slides:
        check_pptx()
    out = Path(keys.get("out") or datetime.now().astimezone().strftime("runs/pack-%Y-%m-%d_%H-%M-%S"))
    check_free(out)
    return Asked(keys.get("from", ""), None if "from" in keys else order_in(others), out, spoken, slides, font)


def order_in(words: Sequence[str]) -> "Order":
    """The runs that are asked for."""
    from coprod_abm.experiments.scenario_words import order_of

    return order_of([*words, "figures=false"])


def results_of(asked: Asked, folder: Path) -> "list[Arms]":
    """The results to tell: read, or made into ``results`` of the pack's folder."""
    from coprod_abm.experiments.pack.folders import given_folder, scenarios_in

    if asked.order is None:
        return [found for _, found in scenarios_in(given_folder(asked.folder), asked.folder)]
    from coprod_abm.experiments.scenarios import run_order

    run_order(replace(asked.order, out=folder / "results"))
    return [found for _, found in scenarios_in(folder / "results", "results")]


def write_pack(results: "list[Arms]", asked: Asked, folder: Path) -> list[str]:
    """Write report and slides in each language; names of the files."""
    from coprod_abm.experiments.pack.folders import reading
    from coprod_abm.experiments.pack.report import report
    from coprod_abm.experiments.pack.shown import shown_pictures
    from coprod_abm.experiments.pack.story import story_of
    from coprod_abm.experiments.pack.words import PackWords

    written = []
    for language in asked.spoken:
        words = PackWords(language)
        parts = []
        for found in results:
            with reading(Path(found.scenario.path).parent):
                parts.append((found, story_of(found, words), shown_pictures(found, words, asked.font)))
        (folder / f"report.{language}.html").write_text(report(parts, words), encoding="utf-8")
        written.append(f"report.{language}.html")
        if asked.slides:
            from coprod_abm.experiments.pack.slides import write_slides

            write_slides(parts, words, folder / f"slides.{language}.pptx")
            written.append(f"slides.{language}.pptx")
    return written


def spoken_in(text: str) -> tuple[str, ...]:
    """Languages that are asked for.

    Raises:
        RunError: when one is not known.
    """
    from coprod_abm.experiments.pack.evidence import wanted_language

    return wanted_language(text, languages())


def checked(font: str | None) -> str | None:
    """The font, if there is such a one.

    Raises:
        CaseError: when this machine has none of that name.
    """
    if font is not None:
        from coprod_abm.experiments.picture_style import checked_font

        return checked_font(font)
    return None


def switch(key: str, text: str) -> bool:
    """A typed yes or no.

    Raises:
        RunError: when it is neither.
    """
    if text not in ("yes", "no"):
        raise RunError(f"{key} = {text!r} is neither yes nor no. Give one of them.")
    return text == "yes"


def check_pptx() -> None:
    """Refuse where slides cannot be written.

    Raises:
        RunError: when python-pptx is not installed.
    """
    try:
        import pptx  # noqa: F401
    except ImportError:
        raise RunError(
            "Slides need python-pptx, which is not installed here. `pip install python-pptx` brings it; with slides=no the "
            "report is written without slides."
        ) from None
