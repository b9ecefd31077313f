"""What figures promise: they show the numbers of the tables, and every word of them can be read."""

import itertools
import struct
import zlib
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.figure import Figure
from matplotlib.text import Text

from coprod_abm.experiments.figure_instruments import instruments_figure
from coprod_abm.experiments.figure_levels import LEVELS, ROWS, levels_figure, series_of
from coprod_abm.experiments.figure_perspectives import PERSPECTIVES, one_case_figure, perspective_figure
from coprod_abm.experiments.figure_style import LOOKS, TEXT, spread, style
from coprod_abm.experiments.figures import RunFacts, draw_run
from coprod_abm.instruments import INSTRUMENTS
from coprod_abm.measures import measure

START = 2018


def noise(name: str) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(zlib.crc32(name.encode())))


def summary(name: str, low: float, high: float, weeks: int, replicates: int, end: float | None) -> pd.DataFrame:
    """A made-up table of quantiles between ``low`` and ``high``."""
    week = np.arange(0, weeks + 1, 4)
    wave = noise(name).random(4)
    share = 0.5 + 0.3 * np.sin(week / (40 + 60 * wave[0]) + 6 * wave[1]) if end is None else np.full(len(week), end)
    wide = 0.08 * wave[2] * (replicates > 1)
    bands = {"q05": -wide, "q25": -wide / 2, "q50": 0.0, "q75": wide / 2, "q95": wide}
    values = {key: low + (high - low) * np.clip(share + shift, 0, 1) for key, shift in bands.items()}
    return pd.DataFrame({"week": week, "year": START + week / 52, "replicates": replicates} | values)


def instrument_tables(names, weeks=312, replicates=100, end=None, waves=(26, 78, 130, 286), case="ONE", anchored=True):
    series, points = [], []
    for name in names:
        through = INSTRUMENTS[name]
        low, high = through.scale
        table = summary(name, low, high, weeks, replicates, end)
        facts = {"case": case, "measure": name, "unit": through.unit, "label": through.label, "low": low, "high": high}
        series.append(table.assign(**facts, levels="anchored" if anchored else "raw"))
        seen = np.array([wave for wave in waves if wave <= weeks])
        published = np.interp(seen, table["week"], table["q50"]) + 0.02 * (high - low) * noise(name).standard_normal(
            len(seen)
        )
        published = np.clip(published, low, high)
        error = np.where(seen % 52 == 26, 0.01 * (high - low), np.nan)
        points.append(
            pd.DataFrame(
                {
                    "case": case,
                    "measure": name,
                    "week": seen,
                    "year": START + seen / 52,
                    "published": published,
                    "published_low": published - error,
                    "published_high": published + error,
                    "role": ["anchor" if anchored and place == 0 else "compared" for place in range(len(seen))],
                    "levels": "anchored" if anchored else "raw",
                }
            )
        )
    return pd.concat(series, ignore_index=True), pd.concat(points, ignore_index=True)


def trajectory_table(cases, weeks=312, replicates=100, end=None):
    names = [name for chosen in PERSPECTIVES.values() for name in chosen]
    parts = [
        summary(f"{case}{name}", 0, 1, weeks, replicates, end).assign(case=case, measure=name, unit=measure(name).unit)
        for case in cases
        for name in names
    ]
    return pd.concat(parts, ignore_index=True)


def level_table(levels=LEVELS, weeks=312, replicates=100, end=None):
    parts = [
        summary(f"{level}{line}", 0, row.top or 3, weeks, replicates, end).assign(
            mean=lambda table: table["q50"],
            level=level,
            place="all",
            perspective=line.perspective,
            measure=line.measure,
        )
        for level in levels
        for row in ROWS
        for line in row.lines
        if level != "local" or line.perspective != "place"
    ]
    return pd.concat(parts, ignore_index=True)


# ---- every word can be read ----


def words(figure: Figure) -> list[Text]:
    """The texts that are seen, tick labels included."""
    figure.draw_without_rendering()
    found = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    hidden = {label for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) for label in unseen_ticks(axis)}
    return [text for text in found if text not in hidden]


def unseen_ticks(axis) -> list[Text]:
    low, high = sorted(axis.get_view_interval())
    ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
    outside = [tick for tick in ticks if not low - 1e-9 <= tick.get_loc() <= high + 1e-9]
    return [label for tick in outside for label in (tick.label1, tick.label2)]


def clashes(figure: Figure) -> list[str]:
    """Texts over one another or beyond the sheet."""
    boxes = [(text.get_text(), text.get_window_extent()) for text in words(figure)]
    sheet = figure.bbox
    told = [
        f"{text!r} is cut off"
        for text, box in boxes
        if box.x0 < sheet.x0 or box.x1 > sheet.x1 or box.y0 < sheet.y0 or box.y1 > sheet.y1
    ]
    for (one, first), (other, second) in itertools.combinations(boxes, 2):
        across = min(first.x1, second.x1) - max(first.x0, second.x0)
        upward = min(first.y1, second.y1) - max(first.y0, second.y0)
        if across > 0.5 and upward > 1.5:  # boxes are a little higher than the letters
            told.append(f"{one!r} and {other!r}")
    return told


ALL = list(INSTRUMENTS)
MIXED = [ALL[0], "staff_recommend_care", "staff_engagement", "overcrowding", "team_conference_colon", "recognised_0_10"]
LONG = "A Region of Many Municipalities with a Hospital in Every Valley and a Rather Long Official Name"
NOTES = "100 runs of each case, seed 1; parameters are uncalibrated defaults. " * 2
SHAPES = {
    "all instruments": {"names": ALL},
    "one instrument": {"names": ALL[:1]},
    "two instruments": {"names": ALL[:2]},
    "three instruments": {"names": ALL[4:7]},
    "four instruments": {"names": ALL[4:8]},
    "both ends alike": {"names": MIXED, "end": 0.5},
    "at the top of the scale": {"names": MIXED, "end": 1.0},
    "at the bottom of the scale": {"names": MIXED, "end": 0.0},
    "one run": {"names": MIXED, "replicates": 1},
    "one year": {"names": MIXED, "weeks": 52},
    "thirty years": {"names": MIXED, "weeks": 1560},
    "raw levels": {"names": MIXED, "anchored": False},
    "one wave": {"names": MIXED, "waves": (26,)},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_no_words_of_instruments_clash(shape):
    with style():
        figure = instruments_figure(*instrument_tables(**SHAPES[shape]), f"{LONG}: published measures", NOTES)
        assert clashes(figure) == []


@pytest.mark.parametrize(("cases", "end"), [(2, 0.0), (3, 1.0), (4, 0.5), (10, None)])
def test_no_words_of_perspectives_clash(cases, end):
    names = {f"CASE-{n}": "Lincolnshire Partnership NHS FT" for n in range(cases)}
    with style():
        for perspective in PERSPECTIVES:
            table = trajectory_table(names, end=end)
            figure = perspective_figure(table, perspective, names, f"{perspective} in each case", NOTES)
            assert clashes(figure) == []


@pytest.mark.parametrize("end", [None, 0.0, 0.5, 1.0])
@pytest.mark.parametrize(("levels", "replicates"), [(LEVELS, 100), (LEVELS[:2], 1), (LEVELS[:1], 2)])
def test_no_words_of_levels_clash(levels, replicates, end):
    title = f"{', '.join(f'CASE-{n}' for n in range(9))} in one world: level by level"
    with style():
        assert clashes(levels_figure(level_table(levels, replicates=replicates, end=end), title, NOTES)) == []


def test_lines_of_levels_are_the_medians_of_the_table():
    table = level_table()
    with style():
        figure = levels_figure(table, "Levels", NOTES)
    for place, axes in enumerate(figure.axes):
        row, level = ROWS[place // 3], LEVELS[place % 3]
        expected = [found for line in row.lines if not (found := series_of(table, line, level)).empty]
        assert len(axes.lines) == len(expected) == (1 if level == "local" and row.title.startswith("support") else 2)
        for line, series in zip(axes.lines, expected, strict=True):
            assert np.array_equal(line.get_ydata(), series["q50"])
            assert np.array_equal(line.get_xdata(), series["year"])


@pytest.mark.parametrize("replicates", [1, 100])
def test_no_words_of_one_case_clash(replicates):
    with style():
        figure = one_case_figure(trajectory_table(["ONE"], replicates=replicates), f"{LONG}: three perspectives", NOTES)
        assert clashes(figure) == []


def test_the_search_for_clashes_finds_them():
    with style():
        figure = instruments_figure(*instrument_tables(ALL[:2]), "Title", NOTES)
        figure.text(0.95, 0.5, "far too long for the place where it stands")
        figure.text(*figure.texts[0].get_position(), "over the title", va="top")
        found = clashes(figure)
    assert any("is cut off" in each for each in found)
    assert any("'Title' and 'over the title'" in each for each in found)


def test_no_words_are_small_or_faint():
    with style():
        for figure in (
            instruments_figure(*instrument_tables(ALL[:9]), "Title", NOTES),
            one_case_figure(trajectory_table(["ONE"]), "Title", NOTES),
        ):
            for text in words(figure):
                assert text.get_fontsize() >= TEXT >= 10, text.get_text()
                assert contrast(text.get_color()) >= 4.5, text.get_text()


def contrast(colour: str) -> float:
    """Contrast with white by the rule of WCAG 2."""
    parts = np.array(mpl.colors.to_rgb(colour))
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return 1.05 / (float(linear @ [0.2126, 0.7152, 0.0722]) + 0.05)


def test_figures_fit_a_landscape_page():
    with style():
        for figure in (
            instruments_figure(*instrument_tables(ALL[:9]), "Title", NOTES),
            perspective_figure(
                trajectory_table([f"C{n}" for n in range(9)]), "Process", {f"C{n}": "" for n in range(9)}, "T", NOTES
            ),
        ):
            width, height = figure.get_size_inches()
            assert width <= 11.75
            assert height <= 9.5


def test_series_differ_without_colour():
    assert len({str(look.line) for look in LOOKS}) == len(LOOKS)


# ---- they show the numbers of the tables ----


def test_a_panel_shows_the_numbers_of_its_instrument():
    series, points = instrument_tables(ALL[:3])
    with style():
        figure = instruments_figure(series, points, "Title", NOTES)
    for axes, name in zip(figure.axes, ALL[:3], strict=True):
        table, seen = series[series["measure"] == name], points[points["measure"] == name]
        median, compared, anchor = axes.lines
        np.testing.assert_allclose(median.get_xydata(), table[["year", "q50"]])
        np.testing.assert_allclose(compared.get_xydata(), seen.loc[seen["role"] == "compared", ["year", "published"]])
        np.testing.assert_allclose(anchor.get_xydata(), seen.loc[seen["role"] == "anchor", ["year", "published"]])
        assert anchor.get_markerfacecolor() == "white"
        assert compared.get_markerfacecolor() != "white"
        wide, middle = (each for each in axes.collections if isinstance(each, FillBetweenPolyCollection))
        for band, low, high in ((wide, "q05", "q95"), (middle, "q25", "q75")):
            edge = band.get_paths()[0].vertices[:, 1]
            assert (edge.min(), edge.max()) == pytest.approx((table[low].min(), table[high].max()))
        low, high = axes.get_ylim()
        assert low <= min(table["q05"].min(), seen["published"].min())
        assert high >= max(table["q95"].max(), seen["published"].max())
        shown = [text.get_text() for text in axes.texts]
        assert any(text.lower() == INSTRUMENTS[name].label for text in shown)
        assert INSTRUMENTS[name].unit in shown
        assert shown.count("anchor") == 1


def test_bars_show_the_sampling_error():
    series, points = instrument_tables(ALL[:1])
    with style():
        figure = instruments_figure(series, points, "Title", NOTES)
    bars = figure.axes[0].collections[-1].get_segments()
    sampled = points.dropna(subset=["published_low"])
    np.testing.assert_allclose([bar[:, 1] for bar in bars], sampled[["published_low", "published_high"]])


def test_years_are_calendar_years():
    with style():
        figure = instruments_figure(*instrument_tables(ALL[:1]), "Title", NOTES)
    axes = figure.axes[0]
    assert axes.get_xlim() == (2018.0, 2024.0)
    named = [(tick.get_loc(), tick.label1.get_text()) for tick in axes.xaxis.get_minor_ticks()]
    assert all(place == int(label) + 0.5 for place, label in named)
    assert named[0][1] == "2018"


def test_labels_stand_as_near_their_values_as_they_can():
    assert spread([0.2, 1.0], 0.3, 0.0, 2.0) == pytest.approx([0.2, 1.0])
    assert spread([1.0, 1.0, 1.0], 0.3, 0.0, 2.0) == pytest.approx([0.7, 1.0, 1.3])
    assert spread([1.9, 2.5], 0.3, 0.0, 2.0) == pytest.approx([1.7, 2.0])
    assert spread([0.5, 0.1, 0.2], 0.3, 0.0, 2.0) == pytest.approx([0.6, 0.0, 0.3])


# ---- how they are kept ----


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Path:
    """Figures of two cases."""
    folder = tmp_path_factory.mktemp("figures")
    one, other = instrument_tables(ALL[:4]), instrument_tables(ALL[4:6], case="TWO")
    facts = RunFacts(100, 7, True, "uncalibrated, with power=consensus", {"ONE": "First", "TWO": "Second"})
    series, points = (pd.concat(parts, ignore_index=True) for parts in zip(one, other, strict=True))
    draw_run(trajectory_table(["ONE", "TWO"]), series, points, facts, folder / "figures")
    return folder / "figures"


def test_every_figure_has_its_words_and_numbers(kept):
    stems = {file.stem for file in kept.iterdir()}
    assert stems == {"instruments_ONE", "instruments_TWO"} | {
        f"perspectives_{each}" for each in ("goal_fulfilment", "process", "learning_and_innovation")
    }
    assert all((kept / f"{stem}.{kind}").is_file() for stem in stems for kind in ("png", "svg", "txt", "csv"))


def test_numbers_beside_a_figure_are_those_of_the_tables(kept):
    series, points = instrument_tables(ALL[4:6], case="TWO")
    shown = pd.read_csv(kept / "instruments_TWO.csv")
    simulated = shown[shown["shows"] == "simulated"].reset_index(drop=True)
    np.testing.assert_allclose(simulated["q50"], series["q50"], rtol=1e-5)
    published = shown[shown["shows"] == "published"].reset_index(drop=True)
    np.testing.assert_allclose(published["published"], points["published"], rtol=1e-5)


def test_words_say_what_is_seen_and_what_it_rests_on(kept):
    told = (kept / "instruments_TWO.txt").read_text(encoding="utf-8")
    assert told.startswith("Second: published measures")
    assert all(INSTRUMENTS[name].label in told.lower() for name in ALL[4:6])
    assert "100 runs of each case, seed 7; parameters are uncalibrated, with power=consensus." in told
    assert "in 2018" in told


def test_words_of_perspectives_are_those_of_the_figure(kept, tmp_path):
    facts = RunFacts(1, 7, False, "uncalibrated defaults", {"ONE": "First"})
    draw_run(trajectory_table(["ONE"], replicates=1), pd.DataFrame(), pd.DataFrame(), facts, tmp_path)
    told = (tmp_path / "perspectives_ONE.txt").read_text(encoding="utf-8")
    for perspective, chosen in PERSPECTIVES.items():
        file = kept / f"perspectives_{perspective.lower().replace(' ', '_')}.txt"
        for text in (told, file.read_text(encoding="utf-8")):
            assert all(f"ONE, {short}: median" in text for short in chosen.values())
            assert not any(name in text for name in chosen)


def test_pictures_carry_their_words(kept):
    told = png_texts(kept / "instruments_TWO.png")
    assert told["Title"].startswith("Second: published measures")
    assert "One panel per published measure" in told["Description"]
    assert "One panel per published measure" in (kept / "instruments_TWO.svg").read_text(encoding="utf-8")


def png_texts(file: Path) -> dict[str, str]:
    """The texts inside a PNG, by keyword."""
    data, place, found = file.read_bytes(), 8, {}
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        body = data[place + 8 : place + 8 + length]
        if kind in {b"tEXt", b"iTXt"}:
            key, _, text = body.partition(b"\0")
            found[key.decode()] = text.decode("latin-1" if kind == b"tEXt" else "utf-8").lstrip("\0")
        place += 12 + length
    return found


def test_the_same_tables_give_the_same_files(kept, tmp_path):
    series, points = instrument_tables(ALL[4:6], case="TWO")
    facts = RunFacts(100, 7, True, "uncalibrated, with power=consensus", {"ONE": "First", "TWO": "Second"})
    draw_run(trajectory_table(["ONE", "TWO"]), series, points, facts, tmp_path)
    for name in ("instruments_TWO.svg", "instruments_TWO.png"):
        assert (tmp_path / name).read_bytes() == (kept / name).read_bytes()


def test_one_case_gets_its_perspectives_side_by_side(tmp_path):
    facts = RunFacts(1, 7, False, "uncalibrated defaults", {"ONE": "First"})
    draw_run(trajectory_table(["ONE"], replicates=1), pd.DataFrame(), pd.DataFrame(), facts, tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {
        f"perspectives_ONE.{kind}" for kind in ("png", "svg", "txt", "csv")
    }
    assert "1 run, seed 7" in (tmp_path / "perspectives_ONE.txt").read_text(encoding="utf-8")


def test_drawing_leaves_the_settings_of_others_alone(tmp_path):
    before = dict(mpl.rcParams)
    facts = RunFacts(1, 7, False, "uncalibrated defaults", {"ONE": "First"})
    draw_run(trajectory_table(["ONE"], replicates=1), pd.DataFrame(), pd.DataFrame(), facts, tmp_path)
    assert dict(mpl.rcParams) == before
