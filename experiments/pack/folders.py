"""Folders that commands left: which kind each is, and what is refused with a way on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coprod_abm.experiments.refusals import plainly
from coprod_abm.experiments.scenario_runs import Arms, read_arms
from coprod_abm.simulate import RunError
from coprod_abm.store_files import UNREADABLE

SCENARIO = ("study.json", "scenario.yaml", "effects.csv", "trajectories.parquet")
RUN = ("provenance.json", "config.yaml", "tables/trajectories.parquet", "tables/runs.parquet")
SWEEP = ("study.json", "plan.parquet")
DAMAGED = (*UNREADABLE, ArithmeticError, AttributeError, LookupError, NotImplementedError)
HOW = "Make one with `coprod scenarios scenario=sponsor_loss out=sponsor`, then say from=sponsor."


def given_folder(text: str) -> Path:
    """The folder that from= names.

    Raises:
        RunError: when there is none.
    """
    folder = Path(text).expanduser()
    if not folder.exists():
        raise RunError(f"from = {text} does not exist. {HOW}")
    if not folder.is_dir():
        raise RunError(f"from = {text} is a file, not a folder. {HOW}")
    return folder


def is_kind(folder: Path, files: tuple[str, ...]) -> bool:
    """Whether a folder holds all these files."""
    return all((folder / file).is_file() for file in files)


def scenario_folders(folder: Path) -> list[Path]:
    """The folders of scenarios: the folder itself, or those inside it by name."""
    if is_kind(folder, SCENARIO):
        return [folder]
    return sorted(inside for inside in folder.iterdir() if inside.is_dir() and is_kind(inside, SCENARIO))


def run_folders(folder: Path) -> list[Path]:
    """The folders of `coprod run`: the folder itself, or those numbered inside it by `coprod run -m`, in their order."""
    if is_kind(folder, RUN):
        return [folder]
    found = [inside for inside in folder.iterdir() if inside.is_dir() and is_kind(inside, RUN)]
    return sorted(found, key=lambda inside: (not inside.name.isdigit(), inside.name.zfill(9)))


def scenarios_in(folder: Path, text: str) -> list[tuple[Path, Arms]]:
    """Every scenario of a folder, read.

    Raises:
        RunError: when there is none, or its tables cannot be read.
    """
    found = scenario_folders(folder)
    if not found:
        kind = f" {told_kind(folder)}" if told_kind(folder) else ""
        raise RunError(f"from = {text} holds no results of coprod scenarios.{kind} {HOW}")
    return [(one, read_scenario(one)) for one in found]


def told_kind(folder: Path) -> str:
    """What another kind of folder is good for."""
    if is_kind(folder, SWEEP) or run_folders(folder):
        return "It is a folder of another command; `coprod workshop guide` and `coprod workshop map` may read it."
    return ""


def read_scenario(folder: Path) -> Arms:
    """The tables of one scenario.

    Raises:
        RunError: when one is missing or broken.
    """
    with reading(folder):
        return read_arms(folder)


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Tell the results in a folder; what other hands made of them is refused in words (COPROD_DEBUG=1 shows the cause).

    Raises:
        RunError: when something is missing, broken or no longer fits together.
    """
    try:
        yield
    except DAMAGED as error:
        if isinstance(error, ValueError) and type(error).__module__.startswith("coprod_abm"):
            raise
        why = plainly(str(error)[:300])
        raise RunError(
            f"{folder} cannot be read: {type(error).__name__}: {why}. Run the same again into a new folder."
        ) from error
