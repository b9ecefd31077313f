"""Plain names of arrangements from the settings that made them: what differs between them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from coprod_abm.experiments.pack.words import PackWords
from coprod_abm.language import languages
from coprod_abm.presets import FAMILIES


def settings_of(overrides: Sequence[str]) -> dict[str, str]:
    """What a run set of rules and parameters."""
    pairs_of = (one.lstrip("+").partition("=") for one in overrides)
    return {key: value for key, _, value in pairs_of if key.partition(".")[0] in {*FAMILIES, "theory"}}


def titles_of(settings: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Plain names of arrangements by language: what differs between them, or all that is set where there is only one."""
    keys = list(dict.fromkeys(key for one in settings for key in one))
    differing = [key for key in keys if len({str(one.get(key)) for one in settings}) > 1]
    told = differing if len(settings) > 1 else keys
    return [{language: title_of(one, told, PackWords(language)) for language in languages()} for one in settings]


def title_of(setting: Mapping[str, Any], keys: Sequence[str], words: PackWords) -> str:
    """What an arrangement sets, in plain words."""
    parts = [part_of(key, setting[key], words) if key in setting else words.tell("ways.as_usual") for key in keys]
    return " + ".join(dict.fromkeys(parts)) or words.tell("ways.usual")


def part_of(key: str, value: Any, words: PackWords) -> str:
    """One setting in plain words; its own name where there are none."""
    if key in FAMILIES:
        return words.preset(key, str(value))[0]
    number = pd.to_numeric(value, errors="coerce")
    told = words.setting(key, float(number)) if np.isfinite(number) else None
    return told or f"{key} = {value}"
