"""Priors: declared once, refused where they contradict a declaration or a theory, and drawn so that a bank can grow."""

import numpy as np
import pytest
from scipy.stats import kstest, truncnorm

from coprod_abm.calibration.bank import BankError, Estimated
from coprod_abm.calibration.priors import drawn, hash_of, owner_of, prior_names, priors_of, quantile, read_priors
from coprod_abm.case import cases, load_case
from coprod_abm.theories import THEORIES

ENTRY = {"level": "shared", "low": 0.02, "high": 0.1, "source": "a test"}
NORMAL = Estimated("capacity.workload", "case", 0.8, 1.3, "normal", 1.0, 0.1)


def test_each_shipped_set_holds_for_all_cases_and_theories():
    for name in prior_names():
        found = read_priors(name).for_cases([load_case(case) for case in cases()], ("all", *THEORIES))
        of_model = [one for one in found if not one.name.startswith("instrument.")]
        assert 8 <= len(of_model) <= 12
        assert all(one.source and one.meaning and one.unit for one in found)
        assert [one.level for one in found] == sorted(
            (one.level for one in found), key=("shared", "country", "case").index
        )


def test_each_case_uses_only_its_own_instruments():
    found = read_priors().for_cases([load_case("EN-LPFT")], ("all",))  # a survey of scores has no slope
    assert not [one.name for one in found if one.name.startswith("instrument.")]


def test_the_wide_set_is_twice_as_wide_where_it_may_be():
    usual = {one.name: one for one in read_priors().estimated}
    for one in read_priors("wide").estimated:
        before = usual[one.name]
        assert one.low <= before.low < before.high <= one.high
        assert one.high - one.low <= 2.0 * (before.high - before.low) + 1e-12
    assert any(
        one.high - one.low > 1.99 * (usual[one.name].high - usual[one.name].low)
        for one in read_priors("wide").estimated
    )
    assert hash_of(read_priors("wide").estimated) != hash_of(read_priors().estimated)


# ---- drawing ----


def test_draws_follow_the_prior():
    uniform = Estimated("trust.gain", "shared", 0.02, 0.1)
    assert kstest(drawn(uniform, 4_000, 1), "uniform", args=(0.02, 0.08)).pvalue > 0.01
    normal = truncnorm((0.8 - 1.0) / 0.1, (1.3 - 1.0) / 0.1, loc=1.0, scale=0.1)
    assert kstest(drawn(NORMAL, 4_000, 1), normal.cdf).pvalue > 0.01
    assert quantile(NORMAL, np.array([0.0, 1.0])) == pytest.approx([0.8, 1.3])


def test_more_draws_begin_with_the_same_ones_and_names_decide():
    assert (drawn(NORMAL, 500, 3, "SE-JKP")[:60] == drawn(NORMAL, 60, 3, "SE-JKP")).all()
    others = [drawn(NORMAL, 500, 3, "SE-HAL"), drawn(NORMAL, 500, 4, "SE-JKP")]
    for other in others:
        assert abs(np.corrcoef(drawn(NORMAL, 500, 3, "SE-JKP"), other)[0, 1]) < 0.15


def test_values_belong_to_all_to_a_country_or_to_a_case():
    case = load_case("SE-JKP")
    owners = [owner_of(Estimated("trust.gain", level, 0.0, 1.0), case) for level in ("shared", "country", "case")]
    assert owners == ["", "SE", "SE-JKP"]


# ---- refusals ----


@pytest.mark.parametrize(
    ("key", "changes", "words"),
    [
        ("trust.gian", {}, ["'trust.gian' is not a parameter", "Did you mean 'trust.gain'?"]),
        ("trust.gain", {"high": 1.5}, ["[0.02, 1.5] does not lie within the declared range [0, 1]"]),
        ("trust.gain", {"low": 0.2}, ["[0.2, 0.1]"]),
        ("trust.gain", {"level": "cases"}, ["level = 'cases'", "Did you mean 'case'?"]),
        ("trust.gain", {"distribution": "beta"}, ["'beta' is not one of uniform, normal"]),
        ("trust.gain", {"distribution": "normal", "mean": 0.05}, ["needs a mean", "an sd above 0"]),
        ("trust.gain", {"low": "a little"}, ["trust.gain.low = 'a little' is not a number"]),
        ("trust.gain", {"lower": 0.1}, ["'lower' is not a key", "Did you mean 'low'?"]),
        ("power.decision_rule", {"low": 0, "high": 1}, ["structural choice"]),
        ("instrument.share.offset", {"low": -9.0, "high": 9.0}, ["declared range [-4, 4]"]),
    ],
)
def test_what_cannot_be_a_prior_is_refused(key, changes, words):
    with pytest.raises(BankError) as refused:
        priors_of("mine", {"parameters": {key: {**ENTRY, **changes}}})
    assert all(word in str(refused.value) for word in words)


def test_a_prior_without_source_is_refused():
    with pytest.raises(BankError, match="source is missing"):
        priors_of("mine", {"parameters": {"trust.gain": {"level": "shared"}}})


def test_a_prior_on_what_a_theory_sets_is_refused():
    mine = priors_of("mine", {"parameters": {"leadership.facilitation": {**ENTRY, "high": 0.9}}})
    assert mine.for_cases([], ("all", "relational"))
    with pytest.raises(BankError, match=r"leadership\.facilitation, which theory=deliberative sets"):
        mine.for_cases([], ("all", "deliberative"))


def test_a_set_that_does_not_exist_is_refused_and_the_nearest_named(tmp_path):
    with pytest.raises(BankError, match="Did you mean 'default'"):
        read_priors("defalt")
    own = tmp_path / "mine.yaml"
    own.write_text("parameters:\n  trust.gain: {level: shared, low: 0.3, high: 0.2, source: me}\n", encoding="utf-8")
    with pytest.raises(BankError, match=r"mine\.yaml: trust\.gain: \[0\.3, 0\.2\]"):
        read_priors(own)
