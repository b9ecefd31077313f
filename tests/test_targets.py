"""Targets: published figures with an error that is published or argued, held out or left out as asked, or refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coprod_abm.calibration.bank import BankError
from coprod_abm.calibration.targets import (
    HELD_OUT,
    LEFT_OUT,
    HeldOut,
    TargetRules,
    observed_of,
    read_target_rules,
    rules_of,
    targets_of,
)
from coprod_abm.case import Case, Level, Site, cases, load_case
from coprod_abm.case_error import CaseError
from coprod_abm.experiments.calibrate_plan import with_figures

HEAD = "case_id,wave,measure,value,unit,n,sd,source\n"
NO_RULES = TargetRules("none", {}, (), {})


def small_case(name: str = "SMALL") -> Case:
    return Case(name, f"Case {name}", "AA", Level.local, 2000, sites=(Site("one", Level.local, "R"),))


def given(rows: str, folder: Path) -> Case:
    file = folder / "SMALL.csv"
    file.write_text(HEAD + rows, encoding="utf-8")
    return with_figures(small_case(), file)


def logit(share: float) -> float:
    return float(np.log(share / (1.0 - share)))


# ---- errors ----


def test_a_percentage_of_n_people_has_the_error_of_a_binomial(tmp_path):
    table = targets_of([given("SMALL,2001,access_to_care,80,percent,399,,mine\n", tmp_path)], NO_RULES)
    share = (0.8 * 399 + 0.5) / 400
    assert table["shown"].item() == pytest.approx(logit(share))
    assert table["spread"].item() == pytest.approx(1 / np.sqrt(399 * share * (1 - share)))


def test_the_spread_of_a_percentage_is_that_of_many_samples(tmp_path):
    spread = targets_of([given("SMALL,2001,access_to_care,80,percent,400,,mine\n", tmp_path)], NO_RULES)[
        "spread"
    ].item()
    counts = np.random.default_rng(1).binomial(400, 0.8, 20_000)
    assert spread == pytest.approx(np.log((counts + 0.5) / (400 - counts + 0.5)).std(), rel=0.03)


def test_everybody_answering_alike_stays_finite(tmp_path):
    table = targets_of([given("SMALL,2001,access_to_care,100,percent,150,,mine\n", tmp_path)], NO_RULES)
    assert table["shown"].item() == pytest.approx(logit(150.5 / 151), rel=0.01)
    assert 1.0 < table["spread"].item() < 2.0


def test_a_score_has_the_error_of_its_mean(tmp_path):
    table = targets_of([given("SMALL,2001,team_0_10,7,score 0-10,38,1.4,mine\n", tmp_path)], NO_RULES)
    assert table["shown"].item() == pytest.approx(logit(0.7))
    assert table["spread"].item() == pytest.approx(1.4 / np.sqrt(38) / 10 / (0.7 * 0.3), rel=0.01)


def test_an_argued_error_adds_in_squares(tmp_path):
    case = given("SMALL,2001,access_to_care,80,percent,400,,mine\n", tmp_path)
    row = {"measures": ["access_to_care"], "source": "mine", "logit": 0.3, "why": "because"}
    alone, both = (targets_of([case], rules)["spread"].item() for rules in (NO_RULES, rules_of("a", {"errors": [row]})))
    assert both == pytest.approx(np.hypot(alone, 0.3))


def test_a_spread_between_organisations_is_no_error_of_sampling(tmp_path):
    case = given("SMALL,2001,team_0_10,7,score 0-10,3800,1.4,mine\n", tmp_path)
    with pytest.raises(BankError, match="nothing says how far the figure may be off"):
        targets_of([case], replace(NO_RULES, between=("mine",)))


@pytest.mark.parametrize("row", ["access_to_care,80,percent,,,mine", "team_0_10,7,score 0-10,38,,mine"])
def test_a_figure_without_any_error_is_refused(tmp_path, row):
    case = given(f"SMALL,2001,{row}\n", tmp_path)
    with pytest.raises(BankError, match=r"SMALL, \w+ in 2001 .* Fill in n"):
        targets_of([case], NO_RULES)


def test_every_shipped_figure_has_an_error_and_a_reason():
    table = targets_of([load_case(name) for name in cases()], read_target_rules())
    assert len(table) == sum(len(load_case(name).measures) for name in cases())
    assert table["spread"].between(0.02, 2.0).all()
    assert (table["why"].str.len() > 10).all()
    assert np.isfinite(table["shown"]).all()


# ---- held out and left out ----


def two_cases() -> list[Case]:
    return [load_case("SE-JKP"), load_case("EN-LON")]


def test_what_is_left_out_is_missing_and_neither_fitted_nor_held_out():
    table = targets_of(two_cases(), read_target_rules(), HeldOut(waves=["2021"]))
    seen = observed_of(table)["SE-JKP"]
    is_trust = np.array([slot.measure == "trust_health_care" and slot.wave in ("2020", "2021") for slot in seen.slots])
    assert is_trust.sum() == 2
    assert np.isnan(seen.values[is_trust]).all()
    assert not seen.fitted[is_trust].any()
    assert set(table.loc[table["status"] == LEFT_OUT, "case"]) == {"SE-JKP"}


def test_waves_and_cases_are_held_out():
    table = targets_of(two_cases(), read_target_rules(), HeldOut(waves=["2019"], cases=["EN-LON"]))
    is_out = table["status"] == HELD_OUT
    assert is_out[table["case"] == "EN-LON"].all()
    assert set(table.loc[is_out & (table["case"] == "SE-JKP"), "wave"]) == {"2019"}
    assert observed_of(table)["EN-LON"].held_out.all()


def test_last_is_the_last_wave_of_each_measure_and_case():
    table = targets_of(two_cases(), read_target_rules(), HeldOut(waves=["last"]))
    is_out = table[table["status"] == HELD_OUT]
    assert (is_out.groupby(["case", "measure"]).size() == 1).all()
    assert len(is_out) == 13
    assert set(is_out.loc[is_out["measure"] == "staff_work_stress", "wave"]) == {"2019"}


@pytest.mark.parametrize(
    ("held_out", "words"),
    [
        (HeldOut(waves=["2031"]), "no target has the wave '2031'. There are: 2015"),
        (HeldOut(cases=["SE-JPK"]), "Did you mean 'SE-JKP'"),
        (HeldOut(cases=["SE-JKP", "EN-LON"]), "nothing is left to fit"),
    ],
)
def test_holding_out_what_is_not_there_is_refused(held_out, words):
    with pytest.raises(BankError, match=words):
        targets_of(two_cases(), read_target_rules(), held_out)


# ---- refusals ----


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("SMALL,2001,access_to_care,80,percent,-4,,mine\n", ["line 2", "n = '-4'", "at least 1"]),
        ("SMALL,2001,access_to_care,80,percent,9,,a\nSMALL,2001,access_to_care,81,percent,9,,b\n", ["line 3", "once"]),
        ("SMALL,2031,access_to_care,80,percent,9,,mine\n", ["wave = '2031'", "simulated years 2000 to 2005"]),
        ("SMALL,2001,acces_to_care,80,percent,9,,mine\n", ["acces_to_care", "Did you mean 'access_to_care'?"]),
        ("SMALL,2001,access_to_care,180,percent,9,,mine\n", ["value = '180'", "0 to 100"]),
        ("OTHER,2001,access_to_care,80,percent,9,,mine\n", ["case_id = 'OTHER'"]),
    ],
)
def test_wrong_figures_are_refused_with_their_line(tmp_path, rows, words):
    with pytest.raises(CaseError) as refused:
        given(rows, tmp_path)
    assert all(word in str(refused.value) for word in ["SMALL.csv", "way out", *words])


def test_a_case_without_figures_is_refused():
    with pytest.raises(BankError, match="SMALL has no published figures"):
        targets_of([small_case()], NO_RULES)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"error": 1.0, "n": 5}, "given 2 times"),
        ({}, "given 0 times"),
        ({"error": -1.0}, "is not above 0"),
        ({"error": 1.0, "measures": ["acces_to_care"]}, "no simulated instrument"),
    ],
)
def test_wrong_rules_are_refused(row, words):
    usual = {"measures": ["access_to_care"], "source": "mine", "why": "because"}
    with pytest.raises(ValueError, match=words):
        rules_of("mine", {"errors": [{**usual, **row}]})


def test_targets_come_back_from_their_file_as_they_were(tmp_path):
    from coprod_abm.calibration.bank_store import TARGETS, read_targets

    table = targets_of(two_cases(), read_target_rules(), HeldOut(waves=["last"]))
    table.to_csv(tmp_path / TARGETS, index=False)
    pd.testing.assert_frame_equal(read_targets(tmp_path), table, check_dtype=False)
