"""What priors can produce: targets outside are named with their range, impossible courses told, true ones kept."""

import numpy as np
import pytest

from coprod_abm.calibration.bank import Bank, BankError, CaseBank, Estimated, Observed, Slot, synthetic
from coprod_abm.calibration.prior_predictive import (
    END,
    at_the_edge,
    check_inside,
    courses,
    outside,
    predictive_ranges,
    strange,
    without_edges,
)

WEEKS = (26, 78, 130, 182)
MEASURES = ("access_to_care", "overcrowding")
SLOTS = tuple(Slot(measure, str(2000 + place), week) for measure in MEASURES for place, week in enumerate(WEEKS))
PRIOR = Estimated("trust.gain", "shared", 0.0, 1.0)


def toy_bank(draws: int = 800, seed: int = 1) -> Bank:
    """Two cases whose readings start somewhere and drift by what is drawn; one of two theories shows no overcrowding."""
    rng = np.random.default_rng(seed)
    theory = np.resize(np.array(["all", "relational"]), draws)
    theta = rng.random((draws, 1))
    cases = {}
    for name in ("ONE", "TWO"):
        level = rng.normal(1.0, 0.4, (draws, 2, 1))
        drift = (theta[:, :, None] - 0.5) * np.arange(4) * 0.4
        shown = (level + drift + 0.05 * rng.standard_normal((draws, 2, 4))).reshape(draws, 8)
        shown[theory == "relational", 4:] = -END
        seeds = rng.integers(1, 2**60, draws)
        cases[name] = CaseBank(name, ("trust.gain",), theta, SLOTS, shown, np.full(8, 0.1), seeds)
    return Bank((PRIOR,), cases, theory, {})


BANK = toy_bank()
TRUE = BANK.of_theory("all")


def changed(observed: Observed, places: list[int], values: list[float]) -> Observed:
    moved = observed.values.copy()
    moved[places] = values
    return Observed(observed.case, observed.slots, moved, observed.spread, observed.held_out)


def test_figures_of_the_model_itself_lie_inside():
    for draw in range(20):
        ranges = predictive_ranges(TRUE, synthetic(TRUE, draw, np.random.default_rng(draw)))
        assert outside(ranges) == []
        assert ranges["below"].between(0.0, 1.0).all()
    assert (ranges["q005"] < ranges["plain_q05"]).all()
    assert (ranges["plain_q95"] < ranges["q995"]).all()


def test_ranges_are_quantiles_of_draws_with_error_and_offset():
    ranges = predictive_ranges(TRUE, synthetic(TRUE, 0, np.random.default_rng(0)))
    row = ranges[(ranges["case"] == "ONE") & (ranges["measure"] == "access_to_care") & (ranges["wave"] == "2000")].iloc[
        0
    ]
    wide = np.sqrt(0.4**2 + 0.05**2 + 0.1**2)
    assert row["plain_q05"] == pytest.approx(100 / (1 + np.exp(-(1.0 - 1.645 * wide))), abs=3.0)
    assert row["q005"] == pytest.approx(100 / (1 + np.exp(-(1.0 - 2.576 * np.hypot(wide, 1.5)))), abs=2.0)


def test_a_target_outside_is_named_with_the_range():
    observed = synthetic(TRUE, 0, np.random.default_rng(0))
    observed["TWO"] = changed(observed["TWO"], [1], [8.0])
    ranges = predictive_ranges(TRUE, observed)
    (line,) = outside(ranges)
    assert line.startswith("TWO, access_to_care in 2001: 99.97 lies outside ")
    with pytest.raises(BankError, match=r"cannot produce these targets:\n  TWO, access_to_care in 2001"):
        check_inside(ranges)


def test_what_is_left_out_is_neither_inside_nor_outside():
    observed = synthetic(TRUE, 0, np.random.default_rng(0))
    observed["TWO"] = changed(observed["TWO"], [1], [np.nan])
    ranges = predictive_ranges(TRUE, observed)
    assert ranges["place"].tolist().count("") == 1
    assert outside(ranges) == []


# ---- courses ----


def kept_of(sets: int) -> int:
    """In how many of so many sets from draws that the bank has never seen, moved up by 1, every case counts as reproduced."""
    kept, fresh = 0, toy_bank(2 * sets, seed=2).of_theory("all")
    for draw in range(sets):
        observed = synthetic(fresh, draw, np.random.default_rng(draw))
        observed = {name: changed(one, list(range(8)), list(one.values + 1.0)) for name, one in observed.items()}
        found = courses(TRUE, observed, seed=draw)
        kept += bool((found.loc[found["measure"] == "all", "verdict"] == "reproduced").all())
    return kept


def test_true_courses_are_kept_and_the_level_does_not_matter():
    assert kept_of(10) >= 9


@pytest.mark.slow
def test_the_truth_is_kept_in_ninety_five_of_a_hundred_sets():
    assert kept_of(100) >= 95


def test_an_impossible_course_is_told_and_others_are_not():
    observed = synthetic(TRUE, 3, np.random.default_rng(3))
    observed["ONE"] = changed(observed["ONE"], [0, 1, 2, 3], [1.0, 2.5, 0.2, 2.0])
    found = courses(TRUE, observed)
    assert set(found.loc[found["verdict"] != "reproduced", "case"]) == {"ONE"}
    assert any(line.startswith("ONE, access_to_care: no setting of the model reproduces") for line in strange(found))
    assert not any("overcrowding" in line for line in strange(found))


def test_held_out_waves_do_not_decide():
    observed = synthetic(TRUE, 4, np.random.default_rng(4))
    one = changed(observed["ONE"], [3], [-4.0])
    held_out = np.arange(8) == 3
    observed["ONE"] = Observed(one.case, one.slots, one.values, one.spread, held_out)
    assert strange(courses(TRUE, observed)) == []
    observed["ONE"] = one
    assert strange(courses(TRUE, observed)) != []


def test_too_few_whole_draws_are_refused():
    few = TRUE.taken(np.arange(5))
    with pytest.raises(BankError, match="5 draws show every target"):
        courses(few, synthetic(few, 0, np.random.default_rng(0)))


def test_a_theory_that_shows_the_end_of_a_scale_is_named():
    found = at_the_edge(BANK)
    assert set(found["theory"]) == {"relational"}
    assert set(found["measure"]) == {"overcrowding"}
    assert (found["share"] == 1.0).all()
    assert at_the_edge(TRUE).empty


def test_theories_are_compared_without_what_one_of_them_holds_at_an_end():
    observed = synthetic(TRUE, 0, np.random.default_rng(0))
    for bank, left in ((BANK, 4), (TRUE, 8)):
        assert [int(np.isfinite(one.values).sum()) for one in without_edges(bank, observed).values()] == [left, left]
