"""Parameters are declared once, and whatever breaks a declaration is refused in one message that shows the way out."""

import math
import re
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coprod_abm.declare import Family, ParameterError, choice, nearest, param
from coprod_abm.parameters import Parameters, declaration, declarations, positions, record_type
from coprod_abm.rules.power import DecisionRule, Power
from coprod_abm.rules.representation import RepresentationRule

NUMBERS = [key for key, found in declarations().items() if found.options is None]
CHOICES = [key for key, found in declarations().items() if found.options is not None]


class Weather(IntEnum):
    fair = 0
    windy = 1
    stormy = 2


@dataclass
class Sea(Family):
    """A family made up for these tests."""

    family: ClassVar[str] = "sea"

    depth: float = param(
        5, low=2, high=9.5, unit="m", meaning="depth of the water", source="sounding", prior="beta(2, 2)"
    )
    swell: float = param(0.0, low=-1, high=1, unit="m", meaning="height of the swell", source="assumption")
    weather: Weather = choice(Weather.windy, meaning="what the sky does", source="forecast")


def refusal(name: str, value: object) -> str:
    with pytest.raises(ParameterError) as refused:
        setattr(Sea(), name, value)
    return str(refused.value)


# ---- what is declared ----


@pytest.mark.parametrize("key", declarations())
def test_each_parameter_says_what_it_is_and_defaults_within_its_range(key):
    found = declarations()[key]
    assert key == found.key == f"{found.family}.{found.name}"
    assert found.unit.strip()
    assert len(found.meaning) > 10
    assert found.source.strip()
    assert found.prior.strip()
    assert math.isfinite(found.low)
    assert found.low < found.high < math.inf
    assert found.low <= float(found.default) <= found.high


def test_no_two_parameters_mean_the_same():
    meanings = [found.meaning for found in declarations().values()]
    assert len(set(meanings)) == len(meanings)


def test_every_family_is_declared_and_in_order():
    assert list(dict.fromkeys(found.family for found in declarations().values())) == list(Parameters().families())
    assert {"power", "leadership", "representation", "reciprocity", "learning"} <= set(Parameters().families())
    assert {"participation", "trust", "efficacy", "capacity", "population"} <= set(Parameters().families())


def test_a_declaration_keeps_default_range_unit_meaning_source_and_prior():
    depth, swell, weather = Sea.declarations()
    assert (depth.default, depth.low, depth.high, depth.unit) == (5.0, 2, 9.5, "m")
    assert (depth.meaning, depth.source, depth.prior) == ("depth of the water", "sounding", "beta(2, 2)")
    assert isinstance(depth.default, float)
    assert swell.prior == "uniform"
    assert (depth.key, depth.range_text) == ("sea.depth", "[2, 9.5]")
    assert (weather.default, weather.options, weather.low, weather.high) == (Weather.windy, Weather, 0, 2)
    assert (weather.unit, weather.range_text) == ("choice", "{fair, windy, stormy}")


# ---- numbers ----


@pytest.mark.parametrize("value", [2, 9.5, np.float64(3.5), np.int64(4), np.float32(2.5), np.array(7.0)])
def test_any_kind_of_number_in_range_is_taken_as_a_float(value):
    sea = Sea(depth=value)
    assert sea.depth == float(value)
    assert type(sea.depth) is float


@pytest.mark.parametrize("value", [1.999, 9.51, -5, 1e9, math.inf, -math.inf, math.nan, np.nan, np.float64(10)])
def test_a_number_out_of_range_is_refused_with_value_range_meaning_and_way_out(value):
    message = refusal("depth", value)
    assert message.startswith(
        f"sea.depth = {float(value):g} is outside its declared range [2, 9.5] (depth of the water)."
    )
    assert "Choose a value in the range, or widen it" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "value",
    [
        "deep", "5", None, True, False, [5.0], np.array([5.0]), 1 + 2j, {},
        np.bool_(True), np.array("deep"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused_with_value_meaning_unit_and_range(value):
    message = refusal("depth", value)
    assert message.startswith(f"sea.depth = {value!r} is not a number (depth of the water, m).")
    assert message.endswith("Give a number in [2, 9.5].")


def test_a_refused_value_leaves_the_old_one():
    sea = Sea(depth=4.0)
    with pytest.raises(ParameterError):
        sea.depth = 100.0
    assert sea.depth == 4.0


def test_values_are_checked_on_construction_too():
    with pytest.raises(ParameterError, match=r"sea\.depth = 1 is outside"):
        Sea(depth=1.0)


# ---- choices ----


@pytest.mark.parametrize("value", [Weather.stormy, "stormy", 2, 2.0, np.float64(2), np.int64(2)])
def test_a_choice_is_made_by_member_name_or_number(value):
    assert Sea(weather=value).weather is Weather.stormy


@pytest.mark.parametrize("value", ["Stormy!", 3, -1, 1.5, math.nan, None, True, False, "", [2]])
def test_what_is_no_option_is_refused_with_the_options(value):
    message = refusal("weather", value)
    assert message.startswith(f"sea.weather = {value!r} is not one of {{fair, windy, stormy}} (what the sky does).")


def test_a_misspelt_option_is_told_the_nearest_one():
    assert refusal("weather", "stromy").endswith("Did you mean 'stormy'?")
    with pytest.raises(ParameterError, match=r"power\.decision_rule = 'concensus' .* Did you mean 'consensus'\?"):
        Power(decision_rule="concensus")


# ---- names ----


def test_a_misspelt_parameter_is_told_the_nearest_one_and_where_all_are_listed():
    message = refusal("dept", 3.0)
    assert "sea.dept is not a parameter of the family 'sea'. Did you mean 'depth'?" in message
    assert message.endswith("`coprod params sea` lists what exists.")


def test_a_name_like_no_other_gets_no_suggestion():
    assert "Did you mean" not in refusal("xyzzy", 3.0)
    assert nearest("xyzzy", ["depth", "swell"]) == ""
    assert nearest("depht", ["depth", "swell"]) == " Did you mean 'depth'?"


@pytest.mark.parametrize(
    ("given_name", "meant"),
    [
        ("power.agenda_acess", "power.agenda_access"),
        ("powr.deference", "power.deference"),
        ("trust.gains", "trust.gain"),
    ],
)
def test_a_misspelt_dotted_name_is_told_the_nearest_one(given_name, meant):
    with pytest.raises(
        ParameterError, match=re.escape(f"{given_name!r} is not a declared parameter. Did you mean {meant!r}?")
    ):
        declaration(given_name)
    with pytest.raises(ParameterError, match=re.escape(meant)):
        Parameters().replace({given_name: 0.5})


# ---- all parameters together ----


@pytest.mark.parametrize("key", NUMBERS)
def test_each_number_takes_both_ends_of_its_range_and_nothing_beyond(key):
    found = declarations()[key]
    for end, beyond in ((found.low, -math.inf), (found.high, math.inf)):
        assert Parameters().replace({key: end}).values()[key] == end
        with pytest.raises(ParameterError, match=re.escape(f"{key} = ")):
            Parameters().replace({key: math.nextafter(end, beyond)})


@pytest.mark.parametrize("key", CHOICES)
def test_each_choice_takes_every_option_by_name(key):
    options = declarations()[key].options
    assert options is not None
    for option in options:
        assert Parameters().replace({key: option.name}).values()[key] is option


def test_replacing_leaves_the_original_and_all_other_values_alone():
    original = Parameters()
    changed = original.replace({"power.agenda_access": 0.4, "power.decision_rule": "consensus", "trust.gain": 0.5})
    assert original.values() == Parameters().values()
    differ = {key for key, value in changed.values().items() if value != original.values()[key]}
    assert differ == {"power.agenda_access", "power.decision_rule", "trust.gain"}
    assert changed.power.decision_rule is DecisionRule.consensus
    changed.efficacy.gain = 0.9
    assert original.efficacy.gain != 0.9


def test_replacing_nothing_gives_an_equal_copy():
    original = Parameters().replace({"capacity.workload": 1.5})
    copy = original.replace({})
    assert copy == original
    assert all(copy.families()[name] is not family for name, family in original.families().items())


def test_one_wrong_change_among_many_refuses_all():
    with pytest.raises(ParameterError, match=r"trust\.gain = 7"):
        Parameters().replace({"power.agenda_access": 0.4, "trust.gain": 7.0})


# ---- the flat record ----


@given(st.data())
def test_the_record_holds_every_parameter_in_its_position(data):
    changes = {}
    for key in data.draw(st.lists(st.sampled_from(list(declarations())), max_size=12, unique=True)):
        found = declarations()[key]
        value = st.floats(found.low, found.high) if found.options is None else st.sampled_from(list(found.options))
        changes[key] = data.draw(value)
    params = Parameters().replace(changes)
    record = params.record()
    flat = record.view("f8")
    assert record.shape == (1,)
    assert record.dtype == record_type()
    for key, value in params.values().items():
        family, name = key.split(".")
        assert flat[positions()[key]] == record[family][name][0] == float(value)


def test_positions_number_all_parameters_without_a_gap():
    assert list(positions()) == list(declarations())
    assert list(positions().values()) == list(range(len(declarations())))
    assert record_type().itemsize == 8 * len(declarations())


def test_changing_one_parameter_changes_its_place_in_the_record_only():
    before = Parameters().record().view("f8")
    for key, found in declarations().items():
        if key == "leadership.dial":  # it moves what it stands for, too
            continue
        other = found.low if float(found.default) != found.low else found.high
        after = Parameters().replace({key: other}).record().view("f8")
        assert np.flatnonzero(before != after).tolist() == [positions()[key]]


def test_choices_stand_in_the_record_as_their_number():
    params = Parameters().replace({"representation.representation_rule": "usual_suspects"})
    assert params.record()["representation"]["representation_rule"][0] == RepresentationRule.usual_suspects == 4
