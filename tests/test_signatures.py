"""The table of signatures: what is zero by construction, what is a finding, and what the expectations are held against."""

import numpy as np
import pandas as pd
import pytest

from coprod_abm.experiments import signature_figure, signature_report, signature_series
from coprod_abm.experiments import signatures as module
from coprod_abm.experiments.estimates import Estimate
from coprod_abm.experiments.signature_table import (
    EVERY_OUTCOME,
    EXPECTED,
    INTERVENTIONS,
    LEAD_LAG,
    LEADS,
    LESS,
    MORE,
    NONE,
    OUTCOMES,
    SMALL,
    THEORIES,
    arm,
    plain,
    predicted,
)
from coprod_abm.experiments.signatures import (
    AGREES,
    BY_CONSTRUCTION,
    CANNOT_TELL,
    DIFFERENCE,
    DIFFERS,
    NONE_OF_NOTE,
    UNCLEAR,
    arms_of,
    cell,
    kind_of,
    signatures,
    total_runs,
    verdict,
)
from coprod_abm.experiments.study import Study
from coprod_abm.theories import ALL
from coprod_abm.theories import THEORIES as SHIPPED


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """The whole table of a few runs each: enough for zeros by construction and for large effects.

    With 40 runs the weakest of the claims below stands 4.8 standard errors from zero, so that a change which merely moves
    the draws fails the test once in some ten thousand times; with 12 it was one in ten.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ENOUGH_RUNS", 10)
        return signatures(Study(replicates=40, seed=5))


def at(table: pd.DataFrame, intervention: str, outcome: str, theory: str) -> pd.Series:
    found = table[(table["intervention"] == intervention) & (table["outcome"] == outcome) & (table["theory"] == theory)]
    return found.iloc[0]


# ---- the declarations ----


def test_every_theory_has_a_column():
    assert set(THEORIES.values()) == {*SHIPPED, ALL}


def test_expectations_name_interventions_outcomes_and_theories_that_exist():
    for found in EXPECTED:
        told = INTERVENTIONS[found.intervention]
        assert found.outcome == EVERY_OUTCOME or found.outcome in told.outcomes, found
        assert set(found.predictions) <= set(THEORIES) - {"ALL"}
        assert set(found.predictions.values()) <= {MORE, LESS, NONE, SMALL}


def test_every_outcome_is_explained_and_used():
    used = {outcome for told in INTERVENTIONS.values() for outcome in told.outcomes}
    assert used == set(OUTCOMES)


def test_what_is_said_of_one_outcome_goes_before_what_is_said_of_all():
    assert predicted("payment", "attendance, last year", "T5") == MORE
    assert predicted("payment", "attendance, last year", "T6") == NONE
    assert predicted("payment", "attendance, last year", "ALL") == ""


def test_runs_are_counted_before_they_are_run():
    study = Study(replicates=3)
    assert total_runs(study) == 3 * sum(len(arms_of(theory)) for theory in THEORIES)
    assert plain("T1") in arms_of("T1")
    assert arm("T3", "stratified seats", happens=False) != plain("T3")


# ---- the table ----


def test_a_cell_for_every_outcome_and_lead_under_every_theory(table):
    rows = sum(len(told.outcomes) for told in INTERVENTIONS.values()) + len(LEADS)
    assert len(table) == rows * len(THEORIES)
    assert not table.duplicated(["intervention", "outcome", "theory"]).any()
    assert (table["low"] <= table["effect"]).all()
    assert (table["effect"] <= table["high"]).all()


def test_what_a_theory_holds_fixed_is_zero_by_construction(table):
    """The paths that a theory lacks: no sponsor but in T4, no time but in T5, no efficacy but in T1, no trust but in T2."""
    for outcome in INTERVENTIONS["sponsor lost in year 3"].outcomes:
        for theory in ("T1", "T2", "T3", "T5", "T6"):
            assert at(table, "sponsor lost in year 3", outcome, theory)["kind"] == BY_CONSTRUCTION
    for outcome in INTERVENTIONS["payment"].outcomes:
        for theory in ("T1", "T2", "T3", "T4", "T6"):
            assert at(table, "payment", outcome, theory)["kind"] == BY_CONSTRUCTION
    for theory in ("T2", "T3", "T4", "T5", "T6"):
        assert at(table, "more facilitation", "efficacy, last year", theory)["kind"] == BY_CONSTRUCTION
    for theory in ("T1", "T3", "T4", "T5", "T6"):
        assert at(table, "more facilitation", "trust, last year", theory)["kind"] == BY_CONSTRUCTION
    assert at(table, "more facilitation", "influence of citizens", "T6")["kind"] == BY_CONSTRUCTION


def test_what_a_theory_claims_is_there(table):
    """The large effects by which theories are told apart, each with a 95 % interval that excludes zero at a fixed seed."""
    claims = (
        ("more facilitation", "efficacy, last year", "T1"),
        ("more facilitation", "trust, last year", "T2"),
        ("more facilitation", "items pooled, first year", "T3"),
        ("more facilitation", "fairness, last year", "T6"),
        ("broken promise", "trust, first half-year", "T2"),
        ("stratified seats", "seldom heard, of those attending", "T5"),
    )
    for intervention, outcome, theory in claims:
        found = at(table, intervention, outcome, theory)
        assert found["kind"] == DIFFERENCE, found
        assert (found["effect"] > 0) == (intervention != "broken promise")


def test_nothing_happens_before_an_intervention():
    """With and without it, a run is the same to the last bit until its week."""
    study = Study(replicates=6, seed=3)
    for name, told in INTERVENTIONS.items():
        without, under = (
            study.read(arm("ALL", name, happens=happens), signature_series.life_of) for happens in (False, True)
        )
        before = told.week // 4  # stops before the week
        for a, b in zip(without, under, strict=True):
            np.testing.assert_array_equal(a["trust"][:before], b["trust"][:before])
        assert any(  # in some runs the sponsor has left already, or nothing was promised
            not np.array_equal(a["attended"][before:], b["attended"][before:])
            for a, b in zip(without, under, strict=True)
        ), name


def test_a_cell_holds_difference_interval_and_both_effect_sizes():
    lots = np.random.default_rng(1)
    before = lots.normal(0.5, 0.1, 500)
    after = before + 0.05 + lots.normal(0, 0.02, 500)
    found = cell("payment", "attendance, last year", "T5", before, after)
    assert found.effect == pytest.approx(0.5, abs=0.06)
    assert found.dz == pytest.approx(2.5, abs=0.3)
    assert found.low < found.effect < found.high
    assert found.raw == pytest.approx(found.effect * found.spread)
    assert (found.kind, found.verdict, found.predicted) == (DIFFERENCE, AGREES, MORE)


def test_a_zero_by_construction_is_exact():
    before = np.random.default_rng(2).normal(size=100)
    assert cell("payment", "trust, last year", "T1", before, before).kind == BY_CONSTRUCTION
    few = before[:20]
    assert cell("payment", "trust, last year", "T1", few, few).kind == UNCLEAR  # may be luck
    nearly = before.copy()
    nearly[3] += 1e-9
    assert cell("payment", "trust, last year", "T1", before, nearly).kind == NONE_OF_NOTE


@pytest.mark.parametrize(
    ("wanted", "effect", "says"),
    [
        (MORE, Estimate(0.5, 0.1, 0.9, 9), AGREES),
        (MORE, Estimate(0.1, -0.3, 0.5, 9), CANNOT_TELL),
        (MORE, Estimate(-0.5, -0.9, -0.1, 9), DIFFERS),
        (MORE, Estimate(0.0, -0.1, 0.1, 9), DIFFERS),
        (LESS, Estimate(-0.5, -0.9, -0.1, 9), AGREES),
        (NONE, Estimate(0.0, -0.1, 0.1, 9), AGREES),
        (NONE, Estimate(0.2, 0.1, 0.3, 9), CANNOT_TELL),
        (NONE, Estimate(0.5, 0.3, 0.7, 9), DIFFERS),
        (SMALL, Estimate(0.3, 0.2, 0.4, 9), AGREES),
        (SMALL, Estimate(0.8, 0.6, 1.0, 9), DIFFERS),
        ("", Estimate(0.8, 0.6, 1.0, 9), ""),
    ],
)
def test_verdicts(wanted, effect, says):
    assert verdict(wanted, effect, kind_of(effect, 0.2), 0.2) == says


def test_an_effect_that_was_predicted_and_cannot_be_differs():
    assert verdict(MORE, Estimate(0.0, 0.0, 0.0, 9), BY_CONSTRUCTION, 0.2) == DIFFERS
    assert kind_of(Estimate(0.1, -0.5, 0.7, 9), 0.2) == UNCLEAR


# ---- the series ----


def lives(first: np.ndarray, second: np.ndarray) -> list[dict[str, np.ndarray]]:
    return [{"a": x, "b": y} for x, y in zip(first, second, strict=True)]


def persistent(lots: np.random.Generator, runs: int, stops: int) -> np.ndarray:
    series = np.zeros((runs, stops))
    for stop in range(1, stops):
        series[:, stop] = 0.9 * series[:, stop - 1] + lots.normal(size=runs)
    return series


def test_the_series_that_acts_is_found_to_lead_also_where_it_acts_at_once():
    lots = np.random.default_rng(8)
    cause = persistent(lots, 60, 79)
    effect = cause + lots.normal(size=cause.shape)
    leads = signature_series.asymmetries(lives(cause, effect), "a", "b", 1)
    assert np.mean(leads) > 0.1
    turned = signature_series.asymmetries(lives(effect, cause), "a", "b", 1)
    np.testing.assert_allclose(turned, -leads)


def test_series_that_share_nothing_but_a_trend_do_not_lead():
    lots = np.random.default_rng(9)
    trend = np.linspace(0, 50, 79)
    leads = signature_series.asymmetries(
        lives(persistent(lots, 300, 79) + trend, persistent(lots, 300, 79) + np.roll(trend, 3)), "a", "b", 1
    )
    assert abs(np.mean(leads)) < 4 * np.std(leads) / np.sqrt(300)


def test_a_series_that_never_moves_leads_nothing():
    lots = np.random.default_rng(10)
    still = np.tile(np.linspace(0, 1, 79), (5, 1))  # the same in every run: a trajectory, no movement of its own
    assert signature_series.asymmetries(lives(still, persistent(lots, 5, 79)), "a", "b", 1) is None


def test_fresh_takes_the_fading_out_of_a_tally():
    added = np.random.default_rng(11).uniform(size=30)
    tally = np.zeros(30)
    for stop in range(30):
        tally[stop] = (tally[stop - 1] * signature_series.KEPT if stop else 0.0) + added[stop]
    np.testing.assert_allclose(signature_series.fresh(tally), added, atol=1e-12)


def test_outcomes_look_at_their_windows():
    life = {"trust": np.arange(79.0), "implemented": np.arange(79.0), "items": np.ones(79), "attended": np.arange(79.0)}
    assert signature_series.outcome_of(life, "trust, first half-year", 52) == np.arange(14, 20).mean()
    assert signature_series.outcome_of(life, "trust, last year", 52) == np.arange(66, 79).mean()
    assert signature_series.outcome_of(life, "implemented, first year", 52) == 26 - 12
    assert signature_series.outcome_of(life, "implemented, to the end", 104) == 78 - 25
    assert signature_series.outcome_of(life, "items pooled, first year", 52) == 13


# ---- what people read ----


def test_text_page_and_figure_hold_every_row_and_the_kinds_of_zero(table, tmp_path):
    shown, page = signature_report.as_text(table), signature_report.as_markdown(table)
    for intervention, told in INTERVENTIONS.items():
        assert intervention in shown
        assert all(outcome in shown and f"| {outcome} |" in page for outcome in told.outcomes)
    assert LEAD_LAG in shown
    assert "zero by construction" in shown
    assert max(map(len, shown.splitlines())) <= 120
    signature_figure.draw(table, tmp_path, "Made in a test.")
    assert {file.name for file in tmp_path.iterdir()} == {f"signatures.{kind}" for kind in ("png", "svg", "txt", "csv")}
