"""What practice takes home: a guide and a map from any set of runs, true to the tables that commands leave."""

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from matplotlib.text import Text

from coprod_abm.case import load_case
from coprod_abm.experiments.cli import main as coprod
from coprod_abm.experiments.pack.evidence_pairs import unpaired_rows
from coprod_abm.experiments.pack.evidence_runs import evidence_in
from coprod_abm.experiments.pack.evidence_titles import titles_of
from coprod_abm.experiments.pack.guide import guide_of
from coprod_abm.experiments.pack.map_rows import OUTCOMES, alike, map_of
from coprod_abm.experiments.pack.map_sheet import map_picture
from coprod_abm.experiments.pack.map_table import map_page, numbers_of
from coprod_abm.experiments.pack.shown import ROWS
from coprod_abm.experiments.pack.words import PackWords
from coprod_abm.experiments.picture_style import picture_style
from coprod_abm.experiments.run_cases import copy_files
from coprod_abm.language import languages
from coprod_abm.simulate import RunError

MEASURES = (*ROWS, "need_met", "influence_share")
NINE = ("EN-LON", "EN-LPFT", "SE-HAL", "SE-JKP", "SE-KAL", "SE-NAT", "SE-NOR", "SE-STO", "SE-VGR")


def run_like(
    folder: Path, cases: Sequence[str], rules: Sequence[str] = (), more: float = 0.0, seed: int = 1, own: str = ""
) -> Path:
    """A folder as `coprod run` leaves it, with 30 futures made up so that everything differs by ``more``."""
    (folder / "tables").mkdir(parents=True)
    copy_files([load_case(name) for name in cases], folder / "cases")
    futures = np.arange(30)
    ends = {name: 0.5 + 0.004 * futures + more * (1 + 0.1 * np.sin(futures)) for name in MEASURES}
    runs = [pd.DataFrame({"case": case, "replicate": futures, "seed": futures, "week": 312, **ends}) for case in cases]
    pd.concat(runs).to_parquet(folder / "tables" / "runs.parquet")
    series = [
        (case, name, week, mean, mean - 0.1, mean + 0.1)
        for case in cases
        for name in MEASURES
        for week, mean in ((0, 0.4), (312, float(ends[name].mean())))
    ]
    columns = ["case", "measure", "week", "mean", "q05", "q95"]
    pd.DataFrame(series, columns=columns).to_parquet(folder / "tables" / "trajectories.parquet")
    facts = {
        "overrides": [f"case={cases[0]}", *rules], "seed": seed, "replicates": 30, "model": "m",
        "weeks": dict.fromkeys(cases, 312), "cases": {case: {"fingerprint": case} for case in cases},
        "versions": {"coprod-abm": "0.1.0"},
    }  # fmt: skip
    (folder / "provenance.json").write_text(json.dumps(facts))
    changed = {case: {"power.agenda_access": 0.9} if case == own else {} for case in cases}
    used = {case: {"weeks": 312, "rules": changed[case], "events": [{"week": 1}, {"week": 2}]} for case in cases}
    (folder / "config.yaml").write_text(yaml.safe_dump({"used": used}))
    return folder


# ---- evidence ----


def test_runs_side_by_side_are_compared_future_by_future(tmp_path: Path) -> None:
    run_like(tmp_path / "0", ["SE-JKP"], ["power=arnstein/consultation"])
    run_like(tmp_path / "1", ["SE-JKP"], ["power=arnstein/partnership"], 0.05)
    (found,) = evidence_in(tmp_path, "x")
    assert [way.title["en"] for way in found.ways] == ["4. Asked", "6. Partnership"]
    one = found.found("member_trust", "1")
    assert one is not None
    assert one.difference == pytest.approx(0.05, abs=0.005)
    assert (one.verdict, one.share_better, one.n) == ("better", 1.0, 30)
    assert found.found("need_gap", "1").verdict == "worse"  # a wider gap is no gain


def test_runs_that_differ_in_more_than_rules_are_not_compared(tmp_path: Path) -> None:
    run_like(tmp_path / "0", ["SE-JKP"])
    run_like(tmp_path / "1", ["SE-JKP"], seed=2)
    with pytest.raises(RunError, match="differ in seed"):
        evidence_in(tmp_path, "x")


def test_several_cases_are_compared_by_their_mean(tmp_path: Path) -> None:
    run_like(tmp_path / "0", ["SE-JKP", "EN-LON"])
    run_like(tmp_path / "1", ["SE-JKP", "EN-LON"], ["reciprocity=payment"], 0.02)
    (found,) = evidence_in(tmp_path, "x")
    assert found.shown == "all"
    assert found.found("need_met", "1").difference == pytest.approx(0.02, abs=0.003)


def test_one_run_compares_nothing_and_says_so(tmp_path: Path) -> None:
    (found,) = evidence_in(run_like(tmp_path / "one", ["SE-JKP"]), "x")
    text = guide_of(found, PackWords("en"))
    assert "nothing can be compared" in text
    assert "▲" not in text
    assert found.change.set_index("measure")["start"]["need_met"] == pytest.approx(0.4)


def test_means_without_pairs_give_wider_ranges_and_no_counts_of_futures() -> None:
    first, other = ({"X": {"need_met": (mean, 0.1, 100)}} for mean in (0.50, 0.60))
    (row,) = unpaired_rows(first, other, 1, 312)
    value, reference, gap, low, high, better, _, n, verdict = row[6:]
    assert (value, reference, n, verdict) == (0.60, 0.50, 100, "better")
    assert (gap - low, high - gap) == pytest.approx((0.02806, 0.02806), abs=1e-4)  # 1.984 × 0.1 × √(2/100)
    assert np.isnan(better)


def test_ways_are_named_by_what_differs_between_them() -> None:
    settings = [
        {"power": "consensus", "theory": "all"},
        {"power": "consensus", "power.agenda_access": "0.9", "theory": "all"},
    ]
    assert [one["en"] for one in titles_of(settings)] == ["as usual", "Problems that reach the agenda: 90%"]
    assert titles_of([{"leadership.casting_vote": 1}])[0]["sv"] == "leadership.casting_vote = 1"


# ---- the guide ----


@pytest.mark.parametrize("language", languages())
def test_the_guide_has_two_pages_with_all_that_a_leader_needs(tmp_path: Path, language: str) -> None:
    run_like(tmp_path / "0", ["SE-JKP"])
    run_like(tmp_path / "1", ["SE-JKP"], ["reciprocity=payment"], 0.05)
    (found,) = evidence_in(tmp_path, "x")
    words = PackWords(language)
    text = guide_of(found, words)
    assert text.count('class="page') == 2
    for key in ("which", "sure", "watch", "measure", "cannot", "before"):
        assert f'<h2 id="{key}">' in text
    assert words.tell("guide.defaults") in text
    assert words.tell("guide.hurt", bad="").split(":")[0] in text  # a wider gap and more strain stand beside the gains
    assert all(words.tell(f"guide.rows.{name}") in text for name in ROWS)
    assert "://" not in text


def test_the_commands_write_guide_and_map(tmp_path: Path, capsys: Any) -> None:
    source = run_like(tmp_path / "run", ["SE-JKP", "SE-NAT"])
    assert coprod(["workshop", "guide", f"from={source}", f"out={tmp_path / 'guide'}"]) == 0
    assert {file.name for file in (tmp_path / "guide").iterdir()} == {
        "guide.en.html",
        "guide.sv.html",
        "provenance.json",
    }
    assert coprod(["workshop", "map", f"from={source}", f"out={tmp_path / 'map'}", "language=sv"]) == 0
    names = {f"map.sv.{kind}" for kind in ("png", "svg", "pdf", "html", "txt")}
    assert {file.name for file in (tmp_path / "map").iterdir()} == {*names, "map.csv", "provenance.json"}
    assert coprod(["workshop", "map", f"from={source}", "language=fr"]) == 2
    assert coprod(["workshop", "guide", f"from={source}", f"out={tmp_path / 'map'}"]) == 2
    assert "Name another folder" in capsys.readouterr().err


# ---- the map ----


@pytest.mark.parametrize(
    ("language", "own"),
    [("en", ""), ("sv", "SE-JKP")],  # rules that all cases share stand once, others in each row
)
def test_the_map_has_room_for_nine_cases_and_no_text_over_another(tmp_path: Path, language: str, own: str) -> None:
    rules = ["power=arnstein/partnership"] if own else []
    found, words = map_of(run_like(tmp_path / "nine", NINE, rules, own=own), "x"), PackWords(language)
    assert alike(found) is not bool(own)
    with picture_style():
        kept = map_picture(found, words)
        kept.figure.canvas.draw()
        boxes = [
            (text.get_text(), text.get_window_extent())
            for text in kept.figure.findobj(Text)
            if text.get_text().strip() and text.get_visible()
        ]
    for text, box in boxes:
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= kept.figure.bbox.x1, text
    for (one, first), (other, second) in itertools.combinations(boxes, 2):
        across = min(first.x1, second.x1) - max(first.x0, second.x0)
        upward = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert across <= 1 or upward <= 4, (one, other)
    assert all(words.told["cases"][name] in kept.words for name in NINE)
    page = map_page(found, b"", kept.words, words)
    for key in ("measurement", "mechanisms", "management", "model"):
        assert words.tell(f"map.columns.{key}") in page


def test_the_table_behind_the_map_holds_rules_levels_and_outcomes(tmp_path: Path) -> None:
    found = map_of(run_like(tmp_path / "nine", NINE, ["leadership=facilitative", "power.agenda_access=0.9"]), "x")
    table = numbers_of(found).set_index("case")
    assert sorted(table.index) == sorted(NINE)
    assert table.index[0] == "SE-NAT"  # from the nation down
    assert set(table["level"]) == {"local", "regional", "national"}
    assert set(table["leadership"]) == {"facilitative"}
    assert set(table["own_values"]) == {1}
    assert table.loc["SE-JKP", "published_figures"] == len(load_case("SE-JKP").measures)
    for name in OUTCOMES.values():
        assert (table[f"{name}_q05"] < table[name]).all()
        assert (table[name] < table[f"{name}_q95"]).all()
