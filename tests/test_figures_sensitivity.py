"""What figures of sensitivity and discovery promise: words can be read, intervals and the dummy show, words fit numbers."""

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection

from coprod_abm.experiments import figure_discovery, figure_sensitivity
from coprod_abm.experiments.discovery_boxes import Box
from coprod_abm.experiments.discovery_test import quality
from coprod_abm.experiments.figure_sensitivity_maps import ordered, scales
from coprod_abm.experiments.figure_sensitivity_table import read_study, real_pairs
from coprod_abm.experiments.figure_style import TEXT, style
from coprod_abm.experiments.sensitivity_levels import of_levels
from coprod_abm.experiments.sensitivity_words import report_words, strongest_sentence, time_sentence
from coprod_abm.experiments.study_names import Names
from coprod_abm.language import languages
from coprod_abm.language import words as words_of
from coprod_abm.measures import NAMES
from coprod_abm.parameters import declarations
from coprod_abm.presets import FAMILIES

HELPERS = runpy.run_path(str(Path(__file__).with_name("test_figures.py")))
words, clashes, contrast = HELPERS["words"], HELPERS["clashes"], HELPERS["contrast"]
LONG = [
    "citizen_satisfaction",
    "changes_from_citizens",
    "need_met",
    "tokenism",
    "citizen_trust",
    "staff_burnout",
    "safety",
]
SINGLE = [key for key in declarations() if key.startswith(("leadership", "participation", "trust"))]
MORRIS = ("mu_star", "mu", "sigma")


def study(folder, method="sobol", cases=("SE-JKP",), measures=LONG[:2], weeks=(312,), parameters=FAMILIES, luck=False):
    """Made-up tables of a study."""
    lots = np.random.default_rng(1)
    folder.mkdir(parents=True, exist_ok=True)
    named, rows, steps, pairs, noise = [*parameters, "dummy"], [], [], [], []
    indices = MORRIS if method == "morris" else ("S1", "ST") if method == "sobol" else ("delta",)
    for case, measure in ((case, measure) for case in cases for measure in measures):
        sizes = lots.dirichlet(np.full(len(parameters), 0.4)) * (not luck)
        for week in weeks:
            for place, name in enumerate(named):
                size = 0.0 if name == "dummy" else sizes[place]
                for index in indices:
                    value = size * (0.6 if index in ("S1", "sigma") else 1.0) + 0.02
                    wide = np.nan if index == "sigma" else 0.05
                    rows.append(
                        [
                            case,
                            "regional",
                            week,
                            measure,
                            method,
                            name,
                            index,
                            value,
                            value - wide,
                            value + wide,
                            256,
                            6144,
                            size < 0.05,
                        ]
                    )
        for step, runs in enumerate((1536, 3072, 6144)):
            for place, name in enumerate(named):
                value = 0.02 if name == "dummy" else sizes[place] + 0.02
                steps.append(
                    [
                        step,
                        runs // 24,
                        runs,
                        case,
                        weeks[-1],
                        measure,
                        name,
                        indices[-1] if method == "sobol" else indices[0],
                        value,
                        value - 0.2 / (step + 1),
                        value + 0.2 / (step + 1),
                    ]
                )
        noise.append([case, weeks[-1], measure, 0.4, 0.3, 0.5, 0.03, 20])
        if method == "sobol":
            for place, first in enumerate(named):
                pairs += [
                    [
                        case,
                        "regional",
                        weeks[-1],
                        measure,
                        first,
                        second,
                        0.2 if place == 0 and k == 0 and not luck else -0.12,
                        0.15 if place == 0 and k == 0 else -0.3,
                        0.25,
                    ]
                    for k, second in enumerate(named[place + 1 :])
                ]
    columns = [
        "case",
        "level",
        "week",
        "measure",
        "method",
        "parameter",
        "index",
        "value",
        "low",
        "high",
        "n",
        "runs",
        "noise_only",
    ]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "indices.csv", index=False)
    columns = ["step", "n", "runs", "case", "week", "measure", "parameter", "index", "value", "low", "high"]
    pd.DataFrame(steps, columns=columns).to_csv(folder / "convergence.csv", index=False)
    columns = ["case", "level", "week", "measure", "first", "second", "value", "low", "high"]
    pd.DataFrame(pairs, columns=columns).to_csv(folder / "interactions.csv", index=False)
    columns = ["case", "week", "measure", "share", "low", "high", "share_of_means", "replicates"]
    pd.DataFrame(noise, columns=columns).to_csv(folder / "noise.csv", index=False)
    fixed = [[case, weeks[-1], measures[0], "trust;efficacy", 0.05, 0.98, 0.95, 1.0, 2048] for case in cases]
    columns = ["case", "week", "measure", "fixed", "threshold", "variance_kept", "low", "high", "runs"]
    pd.DataFrame(fixed, columns=columns).to_csv(folder / "fixing.csv", index=False)
    facts = {"method": method, "seed": 7, "replicates": 20, "tolerance": 0.2, "common_seeds": False}
    (folder / "sensitivity.json").write_text(json.dumps(facts), encoding="utf-8")
    return folder


SHAPES = {
    "families": {},
    "one measure": {"measures": LONG[:1]},
    "many measures over the weeks": {"measures": LONG, "weeks": (52, 104, 312)},
    "nine cases": {"cases": [f"CASE-{number}" for number in range(9)], "measures": LONG[:3]},
    "many parameters": {"method": "morris", "parameters": SINGLE, "measures": LONG[:4]},
    "one parameter": {"parameters": ["power.agenda_access"], "measures": LONG[:1]},
    "another method": {"method": "delta", "weeks": (30, 61)},
    "only luck": {"luck": True},
}  # fmt: skip


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(
    "shape", [pytest.param(shape, marks=pytest.mark.slow) if shape == "nine cases" else shape for shape in SHAPES]
)
def test_no_words_clash_and_none_is_small_or_faint(shape, language, tmp_path):
    tables, names = read_study(study(tmp_path, **SHAPES[shape])), Names(language)
    seen = []
    with style():
        for drawing in figure_sensitivity.drawings(tables, names):
            kind = drawing.name.partition("_")[0]
            if seen.count(kind) < 2:  # those of further cases look alike
                readable(drawing)
            seen.append(kind)
    assert len(seen) > 2


def readable(drawing):
    assert clashes(drawing.figure) == [], drawing.name
    for text in words(drawing.figure):
        assert text.get_fontsize() >= TEXT, text.get_text()
        if text.get_color() not in ("white", "w"):
            assert contrast(text.get_color()) >= 4.5, text.get_text()
    width, height = drawing.figure.get_size_inches()
    assert width <= 11.75, drawing.name
    assert height <= 15, drawing.name


def figures_of(folder, language="en"):
    with style():
        return {drawing.name: drawing for drawing in figure_sensitivity.drawings(read_study(folder), Names(language))}


def test_every_kind_of_figure_is_drawn_with_its_facts_and_its_sentence(tmp_path):
    drawn = figures_of(study(tmp_path, weeks=(52, 312)))
    assert {name.partition("_")[0] for name in drawn} == {"map", "bars", "time", "matrix", "convergence", "noise"}
    assert "plane" in {name.partition("_")[0] for name in figures_of(study(tmp_path / "m", "morris"))}
    for drawing in drawn.values():
        told = drawing.figure.texts[1].get_text().replace("\n", " ")
        assert "6,144 runs in all" in told, drawing.name
        assert "20 runs of each point, seed 7" in told, drawing.name
        assert len(drawing.figure.texts[2].get_text()) > 40, drawing.name


def test_a_tornado_shows_the_numbers_with_their_intervals_strongest_first_and_the_dummy(tmp_path):
    drawing = figures_of(study(tmp_path, measures=LONG[:1]))["bars_sobol_SE-JKP_regional"]
    axes = drawing.figure.axes[0]
    own = drawing.numbers.query("index == 'ST' and parameter != 'dummy'").sort_values("value", ascending=False)
    intervals = [each for each in axes.collections if isinstance(each, LineCollection)]
    ends = np.array([segment[:, 0] for segment in intervals[0].get_segments()])
    np.testing.assert_allclose(ends[:-1], own[["low", "high"]])
    assert axes.get_yticklabels()[-1].get_text().startswith("dummy")
    widths = [bar.get_width() for bar in axes.patches[1:]]
    assert own["value"].iloc[0] in widths


@pytest.mark.parametrize("cases", [["ONE"], ["ONE", "TWO"]])
def test_a_map_of_many_parameters_keeps_the_dummy_and_says_what_it_leaves_out(tmp_path, cases):
    drawing = figures_of(study(tmp_path, "morris", cases=cases, parameters=SINGLE, measures=LONG[:2]))["map_morris"]
    assert "dummy (does nothing)" in [text.get_text() for text in words(drawing.figure)]
    assert f"{len(SINGLE) - 22} weaker ones are not shown" in drawing.description


def test_tables_that_are_absent_are_left_out(tmp_path):
    folder = study(tmp_path)
    for name in ("interactions", "noise", "convergence", "fixing"):
        (folder / f"{name}.csv").unlink()
    (folder / "sensitivity.json").unlink()
    assert {name.partition("_")[0] for name in figures_of(folder)} == {"map", "bars"}
    assert figure_sensitivity.draw_study(tmp_path / "nothing", "en") == []
    assert "no table" in report_words(tmp_path / "nothing", "en")


@pytest.mark.parametrize("language", languages())
def test_the_report_says_only_noise_where_it_is(tmp_path, language):
    told = report_words(study(tmp_path, luck=True), language)
    assert Names(language).text("sentences.only_luck_all") in told


def test_the_report_names_the_strongest_with_its_number(tmp_path):
    folder = study(tmp_path, measures=["need_met"])
    own = read_study(folder).indices.query("index == 'ST'").sort_values("value").iloc[-1]
    told = report_words(folder, "en")
    assert f"{Names('en').capital(own['parameter'])} moves need met ({100 * own['value']:.0f}\u00a0%" in told
    assert "holding trust and efficacy keeps 98\u00a0% (95 to 100\u00a0%)" in told
    assert "Luck alone makes 40\u00a0% (30 to 50\u00a0%)" in told
    assert "all are narrower than the 0.20" in told or "still wider than the 0.20" in told


def test_a_total_effect_is_what_is_left_when_all_else_is_fixed_and_never_more_than_everything(tmp_path):
    folder = study(tmp_path)
    assert "would be left if everything else were fixed" in report_words(folder, "en")
    assert "share above" not in report_words(folder, "en")
    table = pd.read_csv(folder / "indices.csv")
    last = table["measure"] == table["measure"].iloc[-1]  # not the first alone
    table.loc[last & (table["index"] == "ST") & (table["parameter"] == "power"), ["value", "high"]] = 1.2, 1.4
    table.to_csv(folder / "indices.csv", index=False)
    assert "A share above 100 % cannot be: with so few points the estimate is rough" in report_words(folder, "en")


def steps_of(folder, **columns):
    """A study whose table of convergence has these columns for two parameters and the dummy, in one step."""
    rows = pd.DataFrame({"step": 0, "n": 8, "runs": 100, "case": "A", "week": 52, "measure": "need_met", **columns})
    rows.assign(parameter=["power", "trust", "dummy"]).to_csv(folder / "convergence.csv", index=False)
    return report_words(folder, "en")


def test_widths_are_judged_in_words_as_the_study_judges_them(tmp_path):
    folder = study(tmp_path, method="morris")
    told = steps_of(folder, index="mu_star", value=[0.1, 0.05, 0.1], low=0.05, high=[0.15, 0.06, 9.0])
    assert "still wider than the 0.20 that was asked for: 1," in told  # the dummy does not count
    assert "1.00 times as wide as the largest effect" in told
    told = steps_of(study(tmp_path), index=["S1", "ST", "ST"], value=0.5, low=0.2, high=[0.6, 0.3, 0.9])
    assert "the widest interval is 0.40 wide: power for need met, alone (first order)" in told


def test_runs_in_all_are_those_of_all_cases(tmp_path):
    folder = study(tmp_path, cases=("SE-JKP", "EN-LON"), measures=LONG[:1])
    assert "Sobol, 12,288 runs in all" in report_words(folder, "en")
    figure_sensitivity.draw_study(folder, "en")
    told = (folder / "figures" / "map_sobol.txt").read_text(encoding="utf-8")
    assert "12,288 runs in all" in told
    assert "6,144 runs in all" in (folder / "figures" / "bars_sobol_SE-JKP_regional.txt").read_text(encoding="utf-8")


def test_the_report_names_outcomes_without_an_index_and_shows_the_figures(tmp_path):
    folder = study(tmp_path)
    facts = json.loads((folder / "sensitivity.json").read_text(encoding="utf-8"))
    facts["refused"] = {"safety of SE-JKP in week 312": "constant"}
    (folder / "sensitivity.json").write_text(json.dumps(facts), encoding="utf-8")
    figure_sensitivity.draw_study(folder, "en")
    told = report_words(folder, "en")
    assert "safety of SE-JKP in week 312" in told
    assert "](figures/bars_sobol_SE-JKP_regional.png)" in told
    assert "20 runs of each point, seed 7" in told


def levels_study(folder):
    """Three cases of two levels: power is clear in one of two regional cases and in the local one, trust in both regional."""
    study(folder, cases=("R1", "R2", "L1"), measures=LONG[:1], parameters=["power", "trust"])
    table = pd.read_csv(folder / "indices.csv")
    table.loc[table["case"] == "L1", "level"] = "local"
    of = {("R1", "power"): 0.8, ("R2", "power"): 0.2, ("L1", "power"): 0.7}
    for place, row in table.iterrows():
        value = of.get((row["case"], row["parameter"]), 0.3 if row["parameter"] == "trust" else 0.0)
        luck = row["parameter"] == "dummy" or (row["case"], row["parameter"]) in (("R2", "power"), ("L1", "trust"))
        table.loc[place, ["value", "low", "high"]] = value, value - 0.1, value + 0.1
        table.loc[place, "noise_only"] = luck
    table.to_csv(folder / "indices.csv", index=False)
    return folder


def test_a_level_is_the_mean_of_its_cases_with_their_spread(tmp_path):
    found = of_levels(read_study(levels_study(tmp_path)).indices).set_index(["level", "parameter", "index"])
    row = found.loc[("regional", "power", "ST")]
    assert row["cases"] == 2
    assert row[["value", "low", "high", "least", "most"]].tolist() == pytest.approx([0.5, 0.4, 0.6, 0.2, 0.8])
    assert found["told_in"][:, :, "ST"].to_dict() == {
        ("regional", "power"): 1, ("regional", "trust"): 2, ("regional", "dummy"): 0,
        ("local", "power"): 1, ("local", "trust"): 0, ("local", "dummy"): 0,
    }  # fmt: skip


@pytest.mark.parametrize("language", languages())
def test_levels_have_a_picture_that_says_what_is_strongest_in_most_of_their_cases(tmp_path, language):
    with style():
        drawn = {
            each.name: each for each in figure_sensitivity.drawings(read_study(levels_study(tmp_path)), Names(language))
        }
    assert not clashes(drawn["levels_sobol"].figure)
    if language == "en":
        assert (
            "Regional level (2): trust for citizen satisfaction in 2 of 2 cases." in drawn["levels_sobol"].description
        )
        assert "Local level (1): power for citizen satisfaction in 1 of 1 cases." in drawn["levels_sobol"].description


def test_colours_of_effects_with_a_unit_are_compared_within_a_measure_alone(tmp_path):
    rows = pd.DataFrame(
        {"measure": ["a", "a", "b"], "index": "mu_star", "value": [0.4, 0.1, 0.002], "parameter": list("xyz")}
    )
    assert scales(rows, ("value",)) == {"a": 0.4, "b": 0.002}
    assert ordered(rows) == ["x", "z", "y"]
    assert scales(rows.assign(index="ST"), ("value",)) == {"a": 0.4, "b": 0.4}
    assert scales(rows.assign(index="ST", value=2.0), ("value",)) == {"a": 1.0, "b": 1.0}
    folder = study(tmp_path, method="morris", parameters=SINGLE[:3])
    figure_sensitivity.draw_study(folder, "en")
    told = (folder / "figures" / "map_morris.txt").read_text(encoding="utf-8")
    assert "Colours compare parameters within an outcome" in told


def test_maps_of_many_parameters_and_cases_go_on_sheets_that_can_be_printed(tmp_path):
    folder = study(tmp_path, "morris", SHAPES["nine cases"]["cases"], LONG[:4], parameters=SINGLE)
    with style():
        maps = [
            each for each in figure_sensitivity.drawings(read_study(folder), Names("en")) if each.name.startswith("map")
        ]
    assert len(maps) == 2
    assert all(each.figure.get_size_inches()[1] < 18 for each in maps)


@pytest.mark.parametrize(
    ("low", "high", "key"),
    [(0.91, 1.0, "keeps"), (0.5, 0.8, "changes"), (1.2, 1.5, "changes"), (0.5, 0.95, "unsure")],
)
def test_fixing_is_judged_by_what_total_effects_allow(tmp_path, low, high, key):
    folder = study(tmp_path)
    table = pd.read_csv(folder / "fixing.csv")  # two are fixed below 0.05
    table.assign(low=low, high=high).to_csv(folder / "fixing.csv", index=False)
    assert Names("en").text(f"sentences.fixing_{key}", allowed="10\u00a0%") in report_words(folder, "en")


def shares(weeks):
    """Total effects of power, trust and the dummy on one measure by week, each 0.1 to either side; None is luck."""
    rows = [
        (week, name, 0.0 if value is None else value, value is None or name == "dummy")
        for week, values in weeks.items()
        for name, value in zip(("power", "trust", "dummy"), values, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["week", "parameter", "value", "noise_only"])
    table = table.assign(low=table["value"] - 0.1, high=table["value"] + 0.1)
    return table.assign(case="A", level="local", measure="need_met", method="sobol", index="ST")


@pytest.mark.parametrize(
    ("early", "late", "told"),
    [
        ((0.8, 0.2, 0.0), (0.1, 0.7, 0.0), "power matters most in year 1 (80\u00a0%) and trust in year 2 (70\u00a0%)."),
        ((0.5, 0.4, 0.0), (0.4, 0.5, 0.0), "trust in year 2 (50\u00a0%) (their intervals overlap"),
        ((None, None, 0.0), (None, None, 0.0), "nothing can be told from luck in year 1 or in year 2"),
        ((None, None, 0.0), (0.4, None, 0.0), "from luck in year 1, and power matters most in year 2 (40\u00a0%)"),
        ((0.4, None, 0.0), (None, None, 0.0), "from luck in year 2, and power matters most in year 1 (40\u00a0%)"),
    ],
)
def test_what_matters_when_is_said_of_both_ends_and_doubted_where_intervals_overlap(early, late, told):
    assert told in time_sentence(shares({52.0: early, 104.0: late}), Names("en"))


def test_the_strongest_is_doubted_where_the_next_interval_reaches_it():
    doubt = "Which is first is not sure for need met"
    assert doubt in strongest_sentence(shares({52.0: (0.5, 0.4, 0.0)}), Names("en"))
    assert doubt not in strongest_sentence(shares({52.0: (0.5, 0.2, 0.0)}), Names("en"))


def test_the_plane_names_groups_that_have_no_place_in_it(tmp_path):
    folder = study(tmp_path, method="morris", parameters=["power", "trust.gain"])
    table = pd.read_csv(folder / "indices.csv")
    table = table[~((table["parameter"] == "power") & (table["index"] == "sigma"))]
    table.to_csv(folder / "indices.csv", index=False)
    figure_sensitivity.draw_study(folder, "en")
    told = (folder / "figures" / "plane_morris_SE-JKP_regional.txt").read_text(encoding="utf-8")
    assert "Groups have no σ and are not drawn: power." in told


def test_a_pair_no_stronger_than_one_with_the_dummy_is_luck(tmp_path):
    rows = pd.DataFrame(
        {
            "measure": "need_met",
            "first": ["a", "a", "b", "c"],
            "second": ["b", "c", "dummy", "d"],
            "value": [0.30, 0.10, -0.2, -0.4],
            "low": [0.2, 0.05, -0.3, -0.5],
            "high": [0.4, 0.15, -0.1, -0.3],
        }
    )
    assert real_pairs(rows)["clear"].tolist() == [True, False, False]


def test_each_language_names_every_measure_and_parameter_and_has_every_sentence():
    english, swedish = (words_of(language)["study"] for language in ("en", "sv"))
    assert set(swedish["measures"]) == set(NAMES)
    assert set(swedish["parameters"]) <= set(declarations())
    assert set(swedish["families"]) == set(FAMILIES)
    for part in set(english) - {"measures", "parameters", "families"}:
        assert (set(english[part]) == set(swedish[part])) if isinstance(english[part], dict) else part in swedish


def discovery(folder):
    """Made-up tables of a discovery with two boxes, one of them with choices."""
    lots = np.random.default_rng(1)
    folder.mkdir(parents=True, exist_ok=True)
    points = pd.DataFrame(
        lots.random((200, 2)), columns=["leadership.implementation_burnout", "participation.interval_regional"]
    )
    wished = (points.iloc[:, 0] > 0.6).to_numpy()
    points.assign(case="SE-JKP", holds=wished, share=1.0, ended=0, runs=5).to_csv(folder / "points.csv", index=False)
    inside = Box({"leadership.implementation_burnout": (0.6, np.inf)}).holds(points)
    rows = [
        quality("SE-JKP", number, where, inside if number else np.ones(200), wished)
        for number in (0, 1, 2)
        for where in ("found", "fresh")
    ]
    pd.DataFrame(rows).to_csv(folder / "quality.csv", index=False)
    limits = [
        ["SE-JKP", 1, "leadership.implementation_burnout", 0.6, np.inf, "", 0.001, np.nan, 0.0, 1.0],
        ["SE-JKP", 1, "participation.interval_regional", 0.1, 0.9, "", 0.02, 0.04, 0.0, 1.0],
        ["SE-JKP", 2, "power", np.nan, np.nan, "arnstein/delegated_power;majority", 0.01, np.nan, np.nan, np.nan],
    ]
    columns = ["case", "box", "parameter", "low", "high", "choices", "p_low", "p_high", "sampled_low", "sampled_high"]
    pd.DataFrame(limits, columns=columns).to_csv(folder / "boxes.csv", index=False)
    way = pd.DataFrame({"coverage": [1, 0.9, 0.5], "density": [0.4, 0.8, 1.0], "case": "SE-JKP"})
    pd.concat([way.assign(box=number) for number in (1, 2)]).to_csv(folder / "trajectory.csv", index=False)
    facts = {
        "wish": "influence_share - seat_share >= 0 and staff_burnout < 0.3",
        "judged": "runs",
        "chance": 0.5,
        "density": 0.8,
    }
    facts |= {"replicates": 5, "seed": 1, "fresh_seed": 2, "points": 200, "fresh": 200, "failed": 0, "error": ""}
    (folder / "discovery.json").write_text(json.dumps(facts), encoding="utf-8")
    return folder


@pytest.mark.parametrize("language", languages())
def test_words_of_a_box_do_not_clash(tmp_path, language):
    from coprod_abm.experiments.discovery_report import read_tables

    with style():
        drawn = list(figure_discovery.drawings(*read_tables(discovery(tmp_path)), Names(language)))
        assert [drawing.name for drawing in drawn] == ["box_SE-JKP_1", "box_SE-JKP_2", "trade_SE-JKP"]
        for drawing in drawn:
            readable(drawing)
            assert "5" in drawing.description


def test_a_plane_is_drawn_only_where_something_beside_the_dummy_has_a_place_in_it():
    from coprod_abm.experiments.figure_sensitivity import with_sigma

    rows = pd.DataFrame({"parameter": ["power", "dummy", "power"], "index": ["sigma", "sigma", "mu_star"]})
    assert with_sigma(rows.assign(value=[float("nan"), 0.1, 0.2])) == {"dummy"}
    assert with_sigma(rows.assign(value=[0.3, 0.1, 0.2])) == {"power", "dummy"}
