"""Every text exists in every language, with the same gaps to fill, and every measure has a name in plain words."""

import re
from typing import Any

import pytest

from coprod_abm.experiments.scenario_effects import VERDICTS
from coprod_abm.language import languages, parts, texts, words
from coprod_abm.measures import MEASURES, NAMES
from coprod_abm.records import RecordError

GAP = re.compile(r"\{(\w+)\}")
DECLARED = (".study.families.", ".study.measures.", ".study.parameters.")  # English takes these from the declarations


def leaves(found: Any, key: str = "") -> dict[str, str]:
    """Every text by its dotted key; a list by place."""
    if isinstance(found, dict):
        return {k: v for name, each in found.items() for k, v in leaves(each, f"{key}.{name}").items()}
    if isinstance(found, list):
        return {k: v for place, each in enumerate(found) for k, v in leaves(each, f"{key}[{place}]").items()}
    return {key: str(found)}


@pytest.mark.parametrize("part", ["", *parts()])
def test_all_languages_have_the_same_keys_and_gaps(part: str) -> None:
    first, *others = [
        {
            key: text
            for key, text in leaves(texts(part, each) if part else words(each)).items()
            if not key.startswith(DECLARED)
        }
        for each in languages()
    ]
    for other in others:
        assert set(first) == set(other)
        for key, text in first.items():
            assert set(GAP.findall(text)) == set(GAP.findall(other[key])), key


@pytest.mark.parametrize("language", languages())
def test_every_measure_unit_and_verdict_has_its_words(language: str) -> None:
    told = texts("pictures", language)
    assert set(told["measures"]) == set(NAMES)
    assert set(told["units"]) == {measure.unit for measure in MEASURES}
    assert set(VERDICTS) <= set(told["verdicts"])


def test_names_of_measures_are_short_and_differ() -> None:
    for language in languages():
        names = texts("pictures", language)["measures"].values()
        assert len(set(names)) == len(NAMES)
        assert max(map(len, names)) <= 48


def test_an_unknown_part_or_language_is_refused() -> None:
    with pytest.raises(RecordError, match="pictures"):
        texts("picture", "en")
    with pytest.raises(RecordError, match="en, sv"):
        texts("pictures", "de")
