"""What a study has done so far: its configuration, and a stamp for each finished step."""

import json
import os
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from coprod_abm.calibration.priors import hash_of
from coprod_abm.compiled import source_fingerprint
from coprod_abm.experiments.run_folder import OutputError, check_free
from coprod_abm.experiments.whole_study.settings import kept, unlike
from coprod_abm.experiments.whole_study.steps import STEPS, do, words_of
from coprod_abm.provenance import now, provenance
from coprod_abm.simulate import RunError
from coprod_abm.store_files import is_alive, whole_file

STUDY, CONFIG, STAMPS = "study.json", "config.yaml", "steps"
UNFINISHED = re.compile(r"^\..*\.(?P<process>\d+)\.unfinished$")


class Record(NamedTuple):
    """A study in its folder.

    Attributes:
        out: the folder.
        settings: the whole configuration.
        facts: what made it, from the time when it began.
    """

    out: Path
    settings: Mapping[str, Any]
    facts: Mapping[str, Any]

    def do(self, name: str) -> int:
        """Do a step and stamp it; the exit code of its command."""
        step, began = STEPS[name], (time.monotonic(), processor_seconds())
        forget_unfinished(self.out)
        if not self.lies_there(name):
            code = do(words_of(name, self.settings, self.out))
            if code:
                return code
        stamp = {
            "key": self.key(name),
            "command": ["coprod", *words_of(name, self.settings, self.out)],
            "ended": now(),
            "seconds": round(time.monotonic() - began[0], 1),
            "processor_seconds": round(processor_seconds() - began[1], 1),
        }
        (self.out / STAMPS).mkdir(exist_ok=True)
        whole_file(self.stamp_of(name), as_json(stamp))
        assert (self.out / step.folder / step.leaves).exists(), f"{name} left no {step.leaves}"
        return 0

    def lies_there(self, name: str) -> bool:
        """Whether a step that writes its folder whole or not at all was stopped between its folder and its stamp."""
        step = STEPS[name]
        return step.command[0] in ("run", "scenarios") and (self.out / step.folder / step.leaves).exists()

    def is_done(self, name: str) -> bool:
        """Whether a step was finished, from the same inputs, and its results are there."""
        step = STEPS[name]
        try:
            stamp = json.loads(self.stamp_of(name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return bool(stamp.get("key") == self.key(name)) and (self.out / step.folder / step.leaves).exists()

    def key(self, name: str) -> str:
        """A hash of all that a step's results depend on, the steps before it included."""
        before = [self.key(other) for other in STEPS[name].after]
        shared = {key: self.settings[key] for key in ("case", "seed")}
        return hash_of([self.facts["model"], STEPS[name].command, shared, self.settings[name], before])

    def stamp_of(self, name: str) -> Path:
        """The file that says a step is finished."""
        return self.out / STAMPS / f"{name}.json"

    def stamp(self, name: str) -> dict[str, Any]:
        """What was noted when a step was finished."""
        return dict(json.loads(self.stamp_of(name).read_text(encoding="utf-8")))


def begun(out: Path, settings: Mapping[str, Any], command: Sequence[str]) -> Record:
    """The study of this folder: the one that was begun there, or a new one.

    Raises:
        OutputError: when the folder holds something else, or is no folder.
        RunError: when it holds a study of another configuration or of another version of the model.
    """
    try:
        known = json.loads((out / STUDY).read_text(encoding="utf-8"))
        facts, before = dict(known["facts"]), dict(known["settings"])
    except FileNotFoundError:
        return new(out, settings, command)
    except OSError as error:  # a file in the way, or a folder that may not be read
        raise OutputError(f"out = {out} cannot be used: {error.strerror}. Name another folder.") from None
    except (ValueError, KeyError, TypeError):
        raise RunError(
            f"{out / STUDY} cannot be read: coprod study did not write it so. Name another folder (out=), or remove it."
        ) from None
    check_same(out, before, kept(settings), facts["model"])
    return Record(out, settings, facts)


def new(out: Path, settings: Mapping[str, Any], command: Sequence[str]) -> Record:
    """A study that begins."""
    check_free(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"out = {out} cannot be written: {error.strerror}. Name another folder.") from None
    facts = provenance(command)
    text = yaml.safe_dump(kept(settings), sort_keys=False, allow_unicode=True)
    whole_file(
        out / CONFIG,
        f"# The whole configuration of this study; keys of a step are those of its command.\n{text}".encode(),
    )
    whole_file(out / STUDY, as_json({"settings": kept(settings), "facts": facts}))
    return Record(out, settings, facts)


def check_same(out: Path, before: Mapping[str, Any], after: Mapping[str, Any], model: str) -> None:
    """Refuse to mix two configurations or two models in one folder.

    Raises:
        RunError: saying what differs.
    """
    other = "Name another folder (out=...) for the new one, or remove this one."
    if changes := unlike(before, after):
        raise RunError(f"{out} holds a study of another configuration: {'; '.join(changes)}. {other}")
    if model != source_fingerprint():
        raise RunError(
            f"{out} holds a study by another version of the model ({model[:12]}; this is {source_fingerprint()[:12]}): "
            f"their results must not be mixed. {other}"
        )


def forget_unfinished(out: Path) -> None:
    """Remove the unfinished folders of processes that no longer live; nothing ever reads them."""
    for folder in out.glob(".*.unfinished"):
        found = UNFINISHED.match(folder.name)
        if found and not is_alive(int(found["process"])):
            shutil.rmtree(folder, ignore_errors=True)


def processor_seconds() -> float:
    """Processor time that this process and its ended children have taken."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def as_json(value: Any) -> bytes:
    """A JSON file."""
    return (json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n").encode()
