"""`coprod workshop guide` and `coprod workshop map`: what practice takes from any set of runs."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from coprod_abm.experiments.pack.command import checked, spoken_in
from coprod_abm.experiments.pack.evidence import Evidence
from coprod_abm.experiments.provenance import command_line, write_provenance
from coprod_abm.experiments.run_folder import check_free, run_folder
from coprod_abm.experiments.workshop.command import asks_for_help, keys_of
from coprod_abm.simulate import RunError

GUIDE_HELP = """coprod workshop guide: write a guide on two A4 pages for those who lead a project

usage: coprod workshop guide from=FOLDER [key=value ...]

It says which way of working helped whom, how sure that is, and what to watch and measure.

Keys
  from=FOLDER      a folder of `coprod scenarios` (a guide for each scenario), of `coprod run` (one run, or the
                   several of `coprod run -m`), or of `coprod sweep` with 2 to 8 points
  out=FOLDER       folder for the guide (runs/guide- with date and time); it must not hold files
  language=en|sv   language of the guide, or both (both)"""
MAP_HELP = """coprod workshop map: place cases in the 4M frame (measurement, mechanisms, management, model)

usage: coprod workshop map from=FOLDER [key=value ...]

Keys
  from=FOLDER      a folder of `coprod run` or of `coprod scenarios` (the first way of its first scenario)
  out=FOLDER       folder for the map (runs/map- with date and time); it must not hold files
  language=en|sv   language of the map, or both (both)
  font=NAME        a font of this machine for the figure

It writes the figure as PNG, SVG and PDF with its words, the table as a page (HTML) and as CSV."""


class Wanted(NamedTuple):
    """What the command line asks for."""

    folder: str
    out: Path
    spoken: tuple[str, ...]
    font: str | None


def wanted_of(words: Sequence[str], name: str, known: Sequence[str]) -> Wanted:
    """The checked keys.

    Raises:
        RunError, CaseError, OutputError: naming key, value and way out.
    """
    keys = keys_of(words, known)
    if "from" not in keys:
        raise RunError(f"Which results? Write coprod workshop {name} from=FOLDER, a folder that a command left.")
    spoken, font = spoken_in(keys.get("language", "both")), checked(keys.get("font"))
    out = Path(keys.get("out") or datetime.now().astimezone().strftime(f"runs/{name}-%Y-%m-%d_%H-%M-%S"))
    check_free(out)
    return Wanted(keys["from"], out, spoken, font)


def guide(words: Sequence[str]) -> None:
    """Write the guide for practice.

    Raises:
        RunError, OutputError: before anything is written.
    """
    if asks_for_help(words) or not words:
        print(GUIDE_HELP)
        return
    wanted = wanted_of(words, "guide", ("from", "out", "language"))
    from coprod_abm.experiments.pack.evidence_runs import evidence_in
    from coprod_abm.experiments.pack.folders import given_folder

    found = evidence_in(given_folder(wanted.folder), wanted.folder)
    with run_folder(wanted.out) as folder:
        written = write_guides(found, wanted.spoken, folder)
        write_provenance(folder, command_line(), results=wanted.folder)
    print("\n".join(["", f"The guide: {wanted.out}", *(f"  {name}" for name in written)]))


def write_guides(found: Sequence[Evidence], spoken: Sequence[str], folder: Path) -> list[str]:
    """Write a guide for each set of runs and language; names of the files."""
    from coprod_abm.experiments.pack.guide import guide_of
    from coprod_abm.experiments.pack.words import PackWords

    written = []
    for language in spoken:
        for evidence in found:
            name = f"guide_{evidence.name}.{language}.html" if len(found) > 1 else f"guide.{language}.html"
            (folder / name).write_text(guide_of(evidence, PackWords(language)), encoding="utf-8")
            written.append(name)
    return written


def cases_map(words: Sequence[str]) -> None:
    """Write the map of cases.

    Raises:
        RunError, CaseError, OutputError: before anything is written.
    """
    if asks_for_help(words) or not words:
        print(MAP_HELP)
        return
    wanted = wanted_of(words, "map", ("from", "out", "language", "font"))
    from coprod_abm.experiments.pack.folders import given_folder
    from coprod_abm.experiments.pack.map_rows import map_of
    from coprod_abm.experiments.pack.map_sheet import write_map

    found = map_of(given_folder(wanted.folder), wanted.folder)
    with run_folder(wanted.out) as folder:
        written = write_map(found, wanted.spoken, folder, wanted.font)
        write_provenance(folder, command_line(), results=wanted.folder)
    print("\n".join(["", f"The map: {wanted.out}", *(f"  {name}" for name in written)]))
