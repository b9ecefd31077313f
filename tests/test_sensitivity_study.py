"""Indices of functions with known indices, through the same code as the model's; noise, guards, growth and intervals."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from SALib.analyze import delta, enhanced_hdmr, pawn, rbd_fast
from SALib.analyze import sobol as salib_sobol
from SALib.sample import latin
from SALib.test_functions import Ishigami

from coprod_abm.experiments import sensitivity_methods
from coprod_abm.experiments.benchmark_intervals import LIMITS, Known, measured, within
from coprod_abm.experiments.benchmark_intervals import ishigami as ishigami_known
from coprod_abm.experiments.benchmark_intervals import many as many_known
from coprod_abm.experiments.benchmark_intervals import sobol_g as sobol_g_known
from coprod_abm.experiments.sensitivity_error import SensitivityError
from coprod_abm.experiments.sensitivity_fixing import fixing_of, small
from coprod_abm.experiments.sensitivity_methods import analysed
from coprod_abm.experiments.sensitivity_noise import noise_of
from coprod_abm.experiments.sensitivity_sample import EVEN_FROM, KINDS, Sampling, check_sampling
from coprod_abm.experiments.sensitivity_study import Outcome, studied

VARIANCE = 49 / 8 + 0.1 * np.pi**4 / 5 + 0.01 * np.pi**8 / 18 + 0.5  # of Ishigami's function
S1 = {"x1": 0.3139, "x2": 0.4424, "x3": 0.0}
ST = {"x1": 0.5576, "x2": 0.4424, "x3": 0.2437}
WEIGHTS = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0])  # of Sobol's G


def space(count, low=-np.pi, high=np.pi, **more):
    names = [f"x{place + 1}" for place in range(count)]
    bounds = [*[[low, high]] * count, [0.0, 1.0]]
    return {"num_vars": count + 1, "names": [*names, "dummy"], "bounds": bounds, **more}


def ishigami(sample):
    return Ishigami.evaluate(sample[:, :3])


def sobol_g(sample):
    return np.prod((np.abs(4 * sample[:, :8] - 2) + WEIGHTS) / (1 + WEIGHTS), axis=1)


def outputs_of(sampling, function, share=0.0, replicates=10, seed=1):
    """Outputs at each size; of the variance of single runs ``share`` is noise."""

    def outputs(n):
        values = function(sampling.values(n))
        lots = np.random.default_rng(seed).normal(size=(sampling.rows(1 << 14), replicates))[: len(values)]
        runs = values[:, None] + lots * np.sqrt(VARIANCE * share / (1 - share))
        spread = runs.std(axis=1, ddof=1) if replicates > 1 else np.full(len(runs), np.nan)
        return [Outcome("A", "local", 312, "y", runs.mean(axis=1), spread, replicates)]

    return outputs


def indices_of(result, index):
    own = result.indices[result.indices["index"] == index]
    return own.set_index("parameter")[["value", "low", "high", "noise_only"]]


def covers(row, truth):
    return row["low"] <= truth <= row["high"]


# ---- known indices ----


def test_ishigami_is_found_as_closely_as_one_even_sequence_allows():
    sampling = Sampling("sobol", space(3), 1, 1024)
    _, found = studied(sampling, outputs_of(sampling, ishigami, replicates=2), [1024])
    for index, truth, most in (("S1", S1, 0.03), ("ST", ST, 0.02)):
        rows = indices_of(found, index)
        assert all(abs(rows.loc[name, "value"] - value) < most for name, value in truth.items())
        assert all(covers(rows.loc[name], value) for name, value in truth.items())
    assert (indices_of(found, "ST").loc["dummy", ["value", "high"]] == 0.0).all()


def test_sobol_g_is_found_within_its_intervals():
    partial = 1 / 3 / (1 + WEIGHTS) ** 2
    whole = np.prod(1 + partial) - 1
    total = partial * np.prod(1 + partial) / (1 + partial) / whole
    sampling = Sampling("sobol", space(8, 0.0, 1.0), 4, 1024)
    _, found = studied(sampling, outputs_of(sampling, sobol_g, replicates=2), [1024])
    for index, truth in (("S1", partial / whole), ("ST", total)):
        rows = indices_of(found, index)
        for place, value in enumerate(truth):
            assert covers(rows.iloc[place], value)
            assert abs(rows.iloc[place]["value"] - value) < 0.02


def test_noise_of_known_share_is_told_apart_from_effects():
    sampling = Sampling("sobol", space(3), 7, 1024, 8)
    _, found = studied(sampling, outputs_of(sampling, ishigami, share=0.5), [1024])
    noise = found.noise.iloc[0]
    assert covers(noise, 0.5)
    left = (0.5 / 10) / (0.5 / 10 + 0.5)  # of the variance of means over ten replicates
    assert noise["share_of_means"] == pytest.approx(left, abs=0.01)
    assert indices_of(found, "ST").loc["dummy", "value"] == pytest.approx(left, abs=0.01)
    for name, truth in ST.items():
        assert covers(indices_of(found, "ST").loc[name], truth * (1 - left) + left)  # inflated, as theory says
        assert covers(indices_of(found, "ST_denoised").loc[name], truth)
    assert covers(indices_of(found, "ST_denoised").loc["dummy"], 0.0)
    assert indices_of(found, "S1")["noise_only"].to_dict() == {"x1": False, "x2": False, "x3": True, "dummy": True}
    assert not indices_of(found, "ST")["noise_only"][["x1", "x2", "x3"]].any()


def test_an_output_of_noise_alone_is_called_so():
    sampling = Sampling("sobol", space(3), 1, 256, 8)
    _, found = studied(sampling, outputs_of(sampling, lambda sample: np.zeros(len(sample)), share=0.5), [256])
    assert found.indices["noise_only"].mean() > 0.9
    assert found.noise.iloc[0]["share"] > 0.9
    assert "ST_denoised" not in set(found.indices["index"])


def test_groups_are_one_index_each():
    grouped = space(3, groups=["outer", "inner", "outer", "dummy"])
    sampling = Sampling("sobol", grouped, 1, 1024)
    _, found = studied(sampling, outputs_of(sampling, ishigami, replicates=2), [1024])
    total = indices_of(found, "ST")["value"]
    assert total["outer"] == pytest.approx(0.5576, abs=0.02)
    assert total["inner"] == pytest.approx(0.4424, abs=0.02)


def test_pairs_are_found():
    sampling = Sampling("sobol", space(3), 1, 1024, 1, interactions=True)
    _, found = studied(sampling, outputs_of(sampling, ishigami, replicates=2), [1024])
    pairs = found.interactions.set_index(["first", "second"])
    assert covers(pairs.loc["x1", "x3"], 0.2437)
    assert pairs["value"].idxmax() == ("x1", "x3")


@pytest.mark.parametrize(
    ("method", "index", "n"),
    [
        ("morris", "mu_star", 40),
        ("rbd_fast", "S1", 512),
        ("pawn", "pawn_median", 512),
        pytest.param("delta", "delta", 512, marks=pytest.mark.slow),
    ],
)
def test_each_method_tells_what_acts_from_the_dummy(method, index, n):
    sampling = Sampling(method, space(3), 1, n)
    _, found = studied(sampling, outputs_of(sampling, ishigami, share=0.1), [n])
    rows = indices_of(found, index)
    assert rows["noise_only"]["dummy"]
    assert not rows["noise_only"][["x1", "x2"]].any()
    assert rows["value"].idxmin() in ("dummy", "x3")


SALIB = {
    "rbd_fast": lambda space, x, y: {"S1": rbd_fast.analyze(space, x, y, seed=2)["S1"]},
    "pawn": lambda space, x, y: {"pawn_median": pawn.analyze(space, x, y, S=10)["median"]},
    "delta": lambda space, x, y: {"delta": delta.analyze(space, x, y, num_resamples=20, seed=2)["delta_raw"]},
    "hdmr": lambda space, x, y: {
        "ST": enhanced_hdmr.analyze(space, x, y, max_order=2, poly_order=3, bootstrap=10, seed=2)["ST"][:4]
    },
}


@pytest.mark.parametrize(
    "method", [pytest.param(each, marks=pytest.mark.slow) if each in ("delta", "hdmr") else each for each in SALIB]
)
def test_a_user_of_salib_gets_the_same_indices_by_every_method_of_given_points(method):
    n = max(KINDS[method].least, 200)
    x = latin.sample(space(3), n, seed=1)
    sampling = Sampling(method, space(3), 1, n)
    found = analysed(sampling, n, sampling.values(n), ishigami(x))
    for index, values in SALIB[method](space(3), x, ishigami(x)).items():
        assert [each.value for each in found.indices if each.index == index] == list(values)


# ---- SALib's traps ----


def test_salib_gives_zeros_for_one_missing_value_and_we_refuse():
    sampling = Sampling("sobol", space(3), 1, 512)
    values = ishigami(sampling.values(512))
    assert len(values) == 3072
    values[77] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        silent = salib_sobol.analyze(dict(sampling.space), values, calc_second_order=False)
    assert not silent["ST"].any()
    assert not silent["ST_conf"].any()
    outcome = Outcome("SE-JKP", "regional", 312, "tokenism", values, np.ones(3072), 4)
    with pytest.raises(
        SensitivityError, match=r"tokenism of SE-JKP in week 312 is not a number at 1 of 3,072 points.*77"
    ):
        studied(sampling, lambda n: [outcome], [512])


def test_a_constant_output_is_refused_and_the_others_keep_their_indices():
    sampling = Sampling("sobol", space(3), 1, 64)
    good = outputs_of(sampling, ishigami)(64)[0]
    same = good._replace(measure="spread", means=np.full(sampling.rows(64), 0.25))
    _, found = studied(sampling, lambda n: [same, good], [64])
    assert set(found.indices["measure"]) == {"y"}
    assert list(found.refused) == ["spread of A in week 312"]
    assert "is 0.25 at every point" in found.refused["spread of A in week 312"]


def test_outputs_of_another_sample_are_refused():
    sampling = Sampling("sobol", space(3), 1, 64)
    with pytest.raises(SensitivityError, match="do not belong together"):
        studied(sampling, outputs_of(Sampling("sobol", space(4), 1, 64), ishigami), [64])


@pytest.mark.parametrize(
    ("sampling", "n", "told"),
    [
        *(
            (Sampling(method, space(3), 1, 1), kind.least - 1, f"method={method} needs")
            for method, kind in KINDS.items()
        ),
        (Sampling("sobol", space(3), 1, 1), 100, "n = 100 is no power of two.*Take 128"),
        (Sampling("sobol", space(3), 1, 1, 8), 16, "too small a sample for 8 scrambles.*n=32"),
        (Sampling("sobol", space(3), 1, 1, 3), 64, "scrambles = 3 gives no usable intervals"),
        (Sampling("hdmr", space(40), 1, 1), 1024, "too small a sample: method=hdmr fits"),
        (Sampling("morris", space(3), 1, 1, 1, interactions=True), 40, "no indices of pairs"),
        (Sampling("sobol", space(3), 1, 1), 64.0, "n = 64.0"),
    ],
)
def test_a_sample_that_the_method_cannot_use_is_refused(sampling, n, told):
    with pytest.raises(SensitivityError, match=told):
        check_sampling(sampling, n)


def legacy_state():
    return np.random.get_state()[1].tolist()  # noqa: NPY002 - SALib draws from it


def test_salibs_changes_to_everybodys_state_are_undone(monkeypatch):
    monkeypatch.setattr(sensitivity_methods, "DELTA_RESAMPLES", 2)
    sampling = Sampling("delta", space(3), 1, 200)
    sample = sampling.values(200)
    before, form, filters = legacy_state(), warnings.formatwarning, list(warnings.filters)
    analysed(sampling, 200, sample, ishigami(sample))
    assert legacy_state() == before
    assert warnings.formatwarning is form
    assert warnings.filters == filters


# ---- growth ----


@pytest.mark.parametrize(
    ("method", "n", "scrambles"), [("sobol", 64, 8), ("sobol", 64, 1), ("morris", 10, 1), ("pawn", 100, 1)]
)
def test_a_longer_sample_begins_with_the_shorter(method, n, scrambles):
    sampling = Sampling(method, space(3), 5, n, scrambles)
    short, long = sampling.values(n), sampling.values(4 * n)
    assert (long[: len(short)] == short).all()
    assert len(np.unique(long, axis=0)) > 3 * len(np.unique(short, axis=0))


def test_a_study_grows_until_its_intervals_are_narrow_or_its_sizes_end():
    sampling = Sampling("sobol", space(3), 1, 64, 8)
    outputs = outputs_of(sampling, ishigami, share=0.1)
    n, found = studied(sampling, outputs, [64, 128, 256, 512, 1024], tolerance=0.3)
    assert n < 1024
    assert found.widest <= 0.3
    m, wide = studied(sampling, outputs, [64, 128], tolerance=0.01)
    assert m == 128
    assert wide.widest > 0.01
    assert wide.widest_of.endswith("for y of A in week 312")


def test_convergence_is_seen_without_further_runs():
    sampling = Sampling("sobol", space(3), 1, 256, 8)
    _, found = studied(sampling, outputs_of(sampling, ishigami), [256])
    assert found.convergence["n"].unique().tolist() == [32, 64, 128, 256]
    last = found.convergence[found.convergence["n"] == 256].set_index(["index", "parameter"])["value"]
    whole = found.indices.set_index(["index", "parameter"])["value"]
    assert (last == whole[last.index]).all()


# ---- noise and fixing ----


def test_an_outcome_that_a_shorter_sample_does_not_move_keeps_its_index():
    sampling = Sampling("sobol", space(3), 1, 256)
    rare = np.arange(sampling.rows(256)) >= sampling.rows(64)
    outputs = outputs_of(sampling, lambda sample: ishigami(sample) * rare[: len(sample)], replicates=1)
    _, found = studied(sampling, outputs, [256])
    assert len(indices_of(found, "ST")) == 4
    assert sorted(set(found.convergence["n"])) == [128, 256]


def test_the_share_of_noise_lies_in_its_interval_as_often_as_said():
    inside = 0
    for seed in range(60):
        lots = np.random.default_rng(seed)
        runs = lots.normal(size=(128, 1)) * 2.0 + lots.normal(size=(128, 6))
        noise = noise_of(runs.mean(axis=1)[:, None], runs.std(axis=1, ddof=1)[:, None], 6, seed)
        inside += noise.low <= 0.2 <= noise.high
    assert inside >= 52


def test_an_output_that_is_nearly_all_noise_is_not_left_out_of_what_is_small():
    rows = [("y", "ST", 0.2), ("y", "ST_denoised", 0.01), ("z", "ST", 0.9)]  # z is too noisy to be denoised
    table = pd.DataFrame(rows, columns=["measure", "index", "value"]).assign(case="A", week=1, parameter="x1")
    assert small(table, 0.05) == []
    assert small(table[table["measure"] == "y"], 0.05) == ["x1"]


def test_what_fixing_keeps_of_the_variance_is_that_of_the_function():
    sampling = Sampling("sobol", space(3), 1, 1024, 8)
    _, found = studied(sampling, outputs_of(sampling, ishigami, share=0.1), [1024])
    assert small(found.indices, 0.3) == ["x3"]
    rows = sampling.base(1024)[:, 0]
    first = outputs_of(sampling, ishigami, share=0.1)(1024)[0]
    first = first._replace(means=first.means[rows], deviations=first.deviations[rows])
    without = sampling.values(1024)
    without[:, 2] = 0.0
    second = outputs_of(sampling, lambda sample: ishigami(without), share=0.1, seed=2)(1024)[0]
    second = second._replace(means=second.means[rows], deviations=second.deviations[rows])
    kept = fixing_of([first], [second], ["x3"], 0.3, 1).iloc[0]
    truth = (0.5 + 49 / 8) / VARIANCE
    assert covers({"low": kept["low"], "high": kept["high"]}, truth)
    assert kept["variance_kept"] == pytest.approx(truth, abs=0.05)
    together = 49 / 8 + 0.5 * (1 + 0.1 * np.pi**4 / 5)
    assert kept["explained"] == pytest.approx(together**2 / (VARIANCE * (0.5 + 49 / 8)), abs=0.05)


# ---- how honest the intervals are ----


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 0.2])
def test_intervals_from_scrambles_cover_and_the_bootstrap_of_one_sequence_is_too_wide(share):
    inside, widths, errors = {1: [], 8: []}, {1: [], 8: []}, []
    for scrambles in (1, 8):
        for seed in range(100):
            sampling = Sampling("sobol", space(3), 1000 * seed + 7, 1024, scrambles)
            outputs = outputs_of(sampling, ishigami, share, 1, seed)(1024)[0]
            found = analysed(sampling, 1024, sampling.values(1024), outputs.means)
            for each in found.indices:
                if each.parameter != "dummy":
                    truth = (S1 if each.index == "S1" else ST)[each.parameter] * (1 - share)
                    truth += share if each.index == "ST" else 0.0
                    inside[scrambles].append(each.low <= truth <= each.high)
                    widths[scrambles].append(each.high - each.low)
                    if scrambles == 1:
                        errors.append(each.value - truth)
    assert 0.93 <= np.mean(inside[8]) <= 0.975
    assert np.mean(inside[1]) > 0.975
    if share == 0.0:
        assert np.mean(widths[1]) / 2 > 4 * np.std(errors)  # two would do


@pytest.mark.parametrize(
    "known", [ishigami_known(), sobol_g_known(), many_known(0.0, 1024)], ids=lambda known: known.name
)
def test_the_known_indices_of_the_functions_are_those_that_a_large_sample_finds(known):
    seen = measured(replace(known, n=4096), 1, 1)
    assert np.abs(seen.errors["S1"][0]).max() < 0.02
    assert np.abs(seen.errors["ST"][0]).max() < 0.02


@pytest.mark.slow
@pytest.mark.parametrize(("n", "is_worse"), [(8 * EVEN_FROM // 2, True), (8 * EVEN_FROM, False)])
def test_short_scrambles_are_worse_than_random_points_and_longer_ones_are_not(n, is_worse):
    acts = np.array([1.0, 0.0, 0.0, 0.0])
    unit = {"num_vars": 4, "names": list("abcd"), "bounds": [[0.0, 1.0]] * 4}
    hinge = Known("hinge", unit, lambda points: np.maximum(points[:, 0] - 0.5, 0.0), {"S1": acts, "ST": acts}, 1.0, n=n)
    short = np.array(measured(hinge, 8, 60).errors["ST"])[:, 0]
    by_chance = []
    for seed in range(60):
        first, second = np.random.default_rng(seed).uniform(size=(2, n, 4))
        mixed = [np.where(np.arange(4) == place, second, first) for place in range(4)]
        outputs = np.stack([hinge.value(points) for points in (first, *mixed, second)], axis=1).reshape(-1)
        by_chance.append(
            salib_sobol.analyze(unit, outputs, calc_second_order=False, num_resamples=2, seed=1)["ST"][0] - 1
        )
    assert (np.std(short) > 1.5 * np.std(by_chance)) == is_worse
    assert is_worse or np.std(short) < np.std(by_chance)


@pytest.mark.slow
@pytest.mark.parametrize("n", LIMITS)
def test_one_sequence_keeps_to_the_limits_for_ishigami_as_a_rule_and_eight_scrambles_do_not(n):
    one, eight = (within(measured(ishigami_known(n=n), scrambles, 30), n, scrambles).value for scrambles in (1, 8))
    assert one >= 0.75  # .90 of 60 samples
    assert eight < 0.6  # .33 and .25


@pytest.mark.slow
def test_hdmr_finds_what_polynomials_can_follow():
    sampling = Sampling("hdmr", space(3), 1, 1024, 1, interactions=True)
    _, found = studied(sampling, outputs_of(sampling, ishigami, replicates=2), [1024])
    for index, truth in (("S1", S1), ("ST", ST)):
        rows = indices_of(found, index)["value"]
        assert all(rows[name] == pytest.approx(value, abs=0.05) for name, value in truth.items())
    assert found.interactions.set_index(["first", "second"])["value"].idxmax() == ("x1", "x3")
