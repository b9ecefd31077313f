"""What `coprod discover` can be told, and its refusals."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from coprod_abm.declare import nearest
from coprod_abm.experiments.discovery_boxes import METHODS
from coprod_abm.experiments.study_names import Names
from coprod_abm.simulate import RunError

HELP = """coprod discover: where in parameter space does a wish hold, and does it still hold on fresh runs?

usage: coprod discover wish='MEASURE >= NUMBER and ...' from=FOLDER [key=value ...]
       coprod discover wish='...' 'PARAMETER=interval()' ... [key=value ...]   (makes its own design, as coprod sweep does)

The wish compares measures, with + - * ( ) > >= < <= and or, as in
  wish='influence_share - seat_share >= 0 and staff_burnout < 0.3'

Keys
  wish      what shall hold; a run without a value, since its project had ended, does not fulfil it
  from      the folder of a finished sweep; best with rows=replicates, since single runs are judged then
  chance    share of a setting's runs that must fulfil the wish (0.5)
  density   share of settings in a box in which the wish shall hold (0.8)
  boxes     most boxes for each case (2)
  method    prim, the PRIM of the EMA Workbench, or tree, a shallow tree (prim)
  fresh     fresh settings on which each box is tested, everywhere and again inside it; 0 tests nothing (400)
  language  of report and figures: en, sv (en)
  threads   threads to use (every processor)
  out       folder for the report (discoveries/ with date and time); a design of its own is kept in its sweep/

All other keys are those of coprod sweep: case=, weeks=, replicates=, seed=, design= (sobol with 512 points), presets.

Examples
  coprod sweep case=SE-JKP 'power.agenda_access=interval()' design=sobol design.n=512 rows=replicates out=space
  coprod discover from=space wish='need_met > 0.5 and tokenism < 0.1'
  coprod discover case=SE-JKP wish='staff_burnout < 0.3' 'capacity.workload=interval()' power=majority,consensus out=calm

docs/discovery.md explains what the report says."""


@dataclass
class Settings:
    """What `coprod discover` can be told beside the keys of a sweep."""

    wish: str = ""
    source: str = ""  # typed as from=
    chance: float = 0.5
    density: float = 0.8
    boxes: int = 2
    method: str = "prim"
    fresh: int = 400
    language: str = "en"
    threads: int | None = None
    out: str = ""


def parted(words: Sequence[str]) -> tuple[Settings, list[str]]:
    """Our own keys, checked, and the words for the sweep.

    Raises:
        RunError: naming value, rule and way out.
    """
    settings, rest = Settings(out=f"discoveries/{datetime.now().astimezone():%Y-%m-%d_%H-%M-%S}"), []
    keys = {"from" if each.name == "source" else each.name: each for each in fields(Settings)}
    seen: dict[str, str] = {}
    for word in words:
        key, sign, value = word.partition("=")
        if not sign or key not in keys:
            rest.append(word)
            continue
        if key in seen:
            raise RunError(f"{key} is given twice: {seen[key]} and {word}. Keep one of them.")
        seen[key] = word
        kind = {float: "a number", int: "a whole number"}
        name = keys[key].name
        as_type = int if name == "threads" else type(getattr(Settings, name))
        try:
            setattr(settings, name, as_type(value))
        except ValueError:
            raise RunError(f"{word}: {key} takes {kind.get(as_type, 'text')}.") from None
    check(settings)
    return settings, rest


def check(settings: Settings) -> None:
    """Refuse what cannot be done.

    Raises:
        RunError: naming value, rule and way out.
    """
    for name, low, high in (("chance", 0.0, 1.0), ("density", 0.0, 1.0), ("boxes", 1, 9), ("fresh", 0, 1_000_000)):
        value = getattr(settings, name)
        if not low <= value <= high or (name == "chance" and value == 0):
            raise RunError(f"{name} = {value} is not between {low} and {high:,}. Give one that is.")
    if settings.method not in METHODS:
        raise RunError(f"method = {settings.method!r} is neither prim nor tree.{nearest(settings.method, METHODS)}")
    Names(settings.language)
