"""What figures of a sweep promise: they fit the design, show the numbers of the table with their noise, and can be read."""

import itertools
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import FillBetweenPolyCollection, LineCollection

from coprod_abm.experiments.figure_style import TEXT, style
from coprod_abm.experiments.figure_sweep import draw_sweep, drawings
from coprod_abm.experiments.figure_sweep_response import MORE
from coprod_abm.experiments.figure_sweep_table import USUAL, SweepFacts, averaged, shown
from coprod_abm.measures import NAMES
from coprod_abm.presets import presets

HELPERS = runpy.run_path(str(Path(__file__).with_name("test_figures.py")))
words, clashes, contrast = HELPERS["words"], HELPERS["clashes"], HELPERS["contrast"]
ACCESS, FACILITATION, WORK = "power.agenda_access", "leadership.facilitation", "capacity.workload"
LONG = "A Region of Many Municipalities with a Hospital in Every Valley and a Rather Long Official Name"
MEASURES = ["need_met", "tokenism", "citizen_trust", "influence_share", "changes_from_citizens", "safety"]
MANY_NUMBERS = [
    ACCESS, FACILITATION, WORK, "trust.strength", "efficacy.strength", "population.status_majority_mean", "trust.prior"
]  # fmt: skip


def facts(*cases: str, replicates: int = 20) -> SweepFacts:
    return SweepFacts(replicates, 1, True, dict.fromkeys(cases or ("SE-JKP",), LONG))


def crossed(**levels) -> pd.DataFrame:
    return pd.DataFrame(list(itertools.product(*levels.values())), columns=list(levels))


def grid(**levels) -> pd.DataFrame:
    return crossed(**{key.replace("__", "."): values for key, values in levels.items()})


def sampled(keys, points=200) -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(1).random((points, len(keys))), columns=list(keys))


def table(points: pd.DataFrame, measures=MEASURES, cases=("SE-JKP",), sd=0.03, flat=False) -> pd.DataFrame:
    """A made-up table of a sweep over these points."""
    rows = pd.concat([points.assign(case=case) for case in cases], ignore_index=True)
    rows.insert(0, "point", list(range(len(points))) * len(cases))
    sums = np.zeros(len(rows))
    for key in points:
        numeric = pd.api.types.is_numeric_dtype(rows[key])
        sums += rows[key] if numeric else rows[key].astype("category").cat.codes / 3
    means = {name: 0.5 + 0.3 * np.sin(sums * (place + 1)) * (not flat) for place, name in enumerate(measures)}
    spreads = {f"{name}_sd": np.full(len(rows), sd) for name in measures}
    return pd.concat([rows, pd.DataFrame(means | spreads)], axis=1).assign(error=None)


SHAPES = {
    "one parameter": table(grid(power__agenda_access=np.linspace(0, 1, 6))),
    "two values": table(grid(power__agenda_access=[0.1, 0.9])),
    "two parameters": table(grid(power__agenda_access=np.linspace(0, 1, 6), leadership__facilitation=np.linspace(0, 1, 5))),
    "many values": table(grid(power__agenda_access=np.linspace(0, 1, 21), capacity__workload=np.linspace(0.5, 1.5, 25))),
    "all presets": table(grid(power=presets("power"))),
    "presets and theories": table(grid(power=presets("power")[:6], theory=["all", "relational", "relational+resource"])),
    "presets by presets": table(grid(power=presets("power"), leadership=presets("leadership"))),
    "a preset and a parameter": table(grid(power=["majority", "arnstein/delegated_power"], power__agenda_access=[0.1, 0.9])),
    "rules by name": table(grid(**{"power.decision_rule": ["majority", "consensus"]})),
    "three factors": table(grid(power=["majority", "consensus"], power__agenda_access=[0.1, 0.9], trust__strength=[0.0, 1.0])),
    "a sample": table(sampled(MANY_NUMBERS[:4])),
    "a sample of many": table(sampled(MANY_NUMBERS, 1_500)),
    "a sample by presets": table(pd.concat([sampled([ACCESS, WORK]).assign(power=name) for name in presets("power")[:9]])),
    "a small sample": table(sampled([ACCESS, WORK], 5)),
    "nothing moves": table(grid(power__agenda_access=[0.1, 0.5, 0.9], power=["majority", "consensus"]), flat=True, sd=0.0),
    "one run": table(grid(power__agenda_access=[0.1, 0.5, 0.9], trust__strength=[0.0, 0.5, 1.0]), sd=np.nan),
    "one measure": table(grid(power__agenda_access=[0.1, 0.9], power=["majority", "consensus"]), measures=["need_met"]),
    "all measures": table(grid(power__agenda_access=[0.1, 0.5], power=["majority", "consensus"]), measures=list(NAMES)),
    "two cases": table(grid(power__agenda_access=[0.1, 0.5], trust__strength=[0, 1.0]), cases=("SE-JKP", "EN-LON")),
}  # fmt: skip
EXPECTED = {
    "one parameter": {"response": 1},
    "two parameters": {"response": 2, "interaction": 1, "map": 1},
    "many values": {"response": 2, "map": 1},
    "all presets": {"choices": 1},
    "presets and theories": {"choices": 2, "map": 1},
    "a preset and a parameter": {"choices": 1, "response": 1, "interaction": 1},
    "three factors": {"choices": 1, "response": 2, "interaction": 3, "parallel": 3},
    "a sample": {"points": 6, "parallel": 3},
    "a small sample": {"points": 6},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_no_words_clash_and_none_is_small_or_faint(shape):
    rows = SHAPES[shape]
    own = facts(*rows["case"].unique(), replicates=1 if shape == "one run" else 20)
    with style():
        for drawing in drawings(shown(rows, own)):
            assert clashes(drawing.figure) == [], drawing.name
            for text in words(drawing.figure):
                assert text.get_fontsize() >= TEXT, text.get_text()
                assert contrast(text.get_color()) >= 4.5, text.get_text()
            width, height = drawing.figure.get_size_inches()
            assert width <= 11.75, drawing.name
            assert height <= 14, drawing.name


@pytest.mark.parametrize("shape", EXPECTED)
def test_figures_fit_the_design(shape):
    with style():
        names = [drawing.name for drawing in drawings(shown(SHAPES[shape], facts()))]
    kinds = [name.partition("_")[0] for name in names]
    assert {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)} == EXPECTED[shape]
    assert len(set(names)) == len(names)


def figure_of(shape: str, name: str):
    with style():
        return next(drawing for drawing in drawings(shown(SHAPES[shape], facts())) if drawing.name == name)


def test_a_response_shows_means_and_the_noise_of_runs():
    rows = SHAPES["one parameter"]
    drawing = figure_of("one parameter", f"response_{ACCESS.replace('.', '_')}")
    names = [name for name in NAMES if name in MEASURES]
    for axes, name in zip(drawing.figure.axes, names, strict=True):
        (line,) = axes.lines
        np.testing.assert_allclose(line.get_xydata(), rows[[ACCESS, name]])
        (band,) = (each for each in axes.collections if isinstance(each, FillBetweenPolyCollection))
        heights = band.get_paths()[0].vertices[:, 1]
        assert heights.max() == pytest.approx((rows[name] + 0.03).max())
        assert heights.min() == pytest.approx((rows[name] - 0.03).min())
    pd.testing.assert_frame_equal(drawing.numbers[[ACCESS, *names]], rows[[ACCESS, *names]])


def test_a_map_shows_each_pair_in_its_place():
    rows = SHAPES["two parameters"]
    drawing = figure_of("two parameters", "map_power_agenda_access_leadership_facilitation")
    image = drawing.figure.axes[0].images[0].get_array()
    assert image.shape == (6, 5)
    found = rows[(rows[ACCESS] == 0.2) & (rows[FACILITATION] == 0.75)]["need_met"].item()
    assert image[1, 3] == pytest.approx(found)


def test_a_cloud_shows_every_point():
    rows = SHAPES["a sample"]
    drawing = figure_of("a sample", "points_tokenism")
    assert len(drawing.figure.axes) == 4
    np.testing.assert_allclose(drawing.figure.axes[0].lines[0].get_xydata(), rows[[ACCESS, "tokenism"]])
    assert "Rank correlation" in drawing.description


def test_parallel_lines_end_at_the_measure():
    rows = SHAPES["a sample"]
    (lines,) = (
        each
        for each in figure_of("a sample", "parallel_need_met").figure.axes[0].collections
        if isinstance(each, LineCollection)
    )
    ends = np.sort([segment[-1, 1] for segment in lines.get_segments()])
    low, high = rows["need_met"].min(), rows["need_met"].max()
    np.testing.assert_allclose(ends, np.sort((rows["need_met"] - low) / (high - low)), atol=1e-12)


def test_series_differ_without_colour():
    assert len({str(look.line) for look in MORE}) == len(MORE)


def test_replicates_are_summed_up_to_the_same_points():
    rng = np.random.default_rng(3)
    runs = grid(power__agenda_access=[0.1, 0.9], replicate=range(6)).assign(case="SE-JKP", error=None)
    runs["need_met"] = rng.random(len(runs))
    given = shown(runs, facts())
    grouped = runs.groupby(ACCESS)["need_met"]
    np.testing.assert_allclose(given.table["need_met"], grouped.mean())
    np.testing.assert_allclose(given.table["need_met_sd"], grouped.std(ddof=1))


def test_points_that_failed_are_left_out_and_told_of():
    rows = table(grid(power__agenda_access=[0.1, 0.5, 0.9]), cases=("SE-JKP", "EN-LON"))
    rows.loc[1, "error"] = "a closed space has no seats"
    rows.loc[1, MEASURES] = np.nan
    given = shown(rows, facts("SE-JKP", "EN-LON"))
    assert given.table[ACCESS].tolist() == [0.1, 0.9]
    assert given.failed == 1
    assert "1 point that could not run left out" in given.notes


def test_what_is_not_shown_is_averaged_over():
    rows = SHAPES["two parameters"]
    given = shown(rows, facts())
    over = averaged(given, [ACCESS])
    np.testing.assert_allclose(over["need_met"], rows.groupby(ACCESS)["need_met"].mean())
    np.testing.assert_allclose(over["need_met_sd"], 0.03)


def test_of_many_measures_the_usual_ones_are_shown():
    assert shown(SHAPES["all measures"], facts()).measures == tuple(name for name in USUAL if name in NAMES)


def test_a_measure_without_values_has_no_panel():
    rows = table(grid(power__agenda_access=[0.1, 0.9]))
    rows["safety"] = np.nan
    assert "safety" not in shown(rows, facts()).measures


def test_each_figure_is_kept_with_words_and_numbers(tmp_path):
    names = draw_sweep(SHAPES["two parameters"], facts(), tmp_path / "figures")
    files = {file.name for file in (tmp_path / "figures").iterdir()}
    assert files == {f"{name}.{kind}" for name in names for kind in ("png", "svg", "txt", "csv")}
    for name in names:
        told = (tmp_path / "figures" / f"{name}.txt").read_text(encoding="utf-8")
        assert "20 runs of each point, seed 1" in told
        assert "uncalibrated" in told


@pytest.mark.parametrize("rows", [table(grid(power=["majority"])), table(grid(power=["a", "b"])).assign(error="no")])
def test_nothing_is_drawn_where_there_is_nothing_to_compare(rows, tmp_path):
    assert draw_sweep(rows, facts(), tmp_path / "figures") == []
    assert not (tmp_path / "figures").exists()


# ---- other weeks and survey readings ----


def test_weeks_and_survey_readings_have_panels_in_words():
    kept = ["need_met", "citizen_trust@52", "trust_health_care@26"]
    given = shown(table(grid(power__agenda_access=[0.1, 0.4, 0.8]), kept), facts())
    assert given.measures == tuple(kept)
    with style():
        figure = next(iter(drawings(given))).figure
        said = str(words(figure))
    assert "Citizen trust, week 52" in said
    assert "week 26" in said
