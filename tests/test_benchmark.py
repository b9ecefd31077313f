"""The benchmark runs, counts what it says it counts, and labels its figures; no test looks at a speed."""

import json
import math

import numpy as np
import pytest

from coprod_abm import draws
from coprod_abm.case import load_case
from coprod_abm.draws import STREAM
from coprod_abm.experiments import benchmark, benchmark_start
from coprod_abm.experiments.benchmark_country import measure_country
from coprod_abm.experiments.benchmark_engines import engines_on, time_threads
from coprod_abm.experiments.benchmark_figures import Figure, by_turns, environment, figure_of, plain, ratios
from coprod_abm.experiments.benchmark_floor import Tally, floor_on, listening, tally_of
from coprod_abm.experiments.benchmark_scale import scale_kind
from coprod_abm.experiments.benchmark_sweep import Stopwatch, resume_figures, share_figures, timing
from coprod_abm.experiments.benchmark_worlds import (
    PROJECTS,
    REGIONS,
    bytes_per_person,
    country,
    default_world,
    one_project,
)

TINY = one_project(40)


def are_whole(figures):
    return all(f.part and f.name and f.unit and f.low <= f.value <= f.high and math.isfinite(f.value) for f in figures)


def test_engines_are_compared_on_the_same_run():
    figures = engines_on("tiny", TINY, 4, 2)
    assert are_whole(figures)
    core, mesa, ratio = figures
    assert ratio.aim == 200
    assert ratio.at_least
    assert ratio.low * mesa.low <= core.high * (1 + 1e-9)


def test_floor_is_counted_and_timed():
    figures = floor_on("tiny", TINY, 4, 2)
    assert are_whole(figures)
    assert figures[-1].aim == 3


def test_tally_counts_contact_draws_once_for_each_citizen_and_week():
    tally = tally_of(TINY, 8)
    assert tally.contacts == 40 * 8
    assert tally.blocks["birth"] >= 3 * TINY.people
    assert tally.blocks["workload"] == (TINY.sites[0].professionals + TINY.sites[0].leaders) * 8
    assert tally.exponentials > 0
    assert sum(tally.blocks.values()) == tally.contacts + tally.singles + tally.fourfolds + tally.at_once


def test_listening_ends_even_when_the_run_fails():
    from coprod_abm import floor, week

    before = (floor.four_uniforms, week.uniform)
    with pytest.raises(ZeroDivisionError), listening(Tally()):
        1 / (floor.four_uniforms is before[0])
    assert (floor.four_uniforms, week.uniform) == before


def test_listener_answers_with_the_draw_itself():
    tally = Tally()
    assert tally.hear_single(1, STREAM.exit, 5, 3, 2) == draws.uniform(1, STREAM.exit, 5, 3, 2)
    assert tally.hear_fourfold(1, STREAM.voice, 5, 3, 2) == draws.four_uniforms(1, STREAM.voice, 5, 3, 2)
    assert tally.blocks == {"exit": 1, "voice": 1}


def test_replicates_on_threads_take_time():
    assert time_threads(default_world(TINY), 2, 2) > 0


def test_scale_reports_every_size_and_the_ratio():
    figures = scale_kind("one project", 10_000, 1)
    assert [f.name.split(":")[0] for f in figures[::2]] == [
        "one project, 1,000 citizens",
        "one project, 10,000 citizens",
        "one project",
    ]
    assert all(f.name and f.unit and math.isfinite(f.value) for f in figures)


def test_sweeps_are_timed_whole_and_in_parts():
    shares = share_figures(20, 5, 1)
    assert are_whole(shares)
    in_core, in_store, _ = shares
    assert 0 < in_core.value <= 1
    assert 0 < in_store.value <= 1
    assert are_whole(resume_figures(100, 2))


def test_timing_ends_with_its_block():
    before = Stopwatch.timed
    with timing(Stopwatch, "timed") as watch:
        assert Stopwatch.timed is not before
        Stopwatch().timed(len)
    assert Stopwatch.timed is before
    assert watch.seconds > 0


def test_country_shares_its_citizens():
    case = country(10_000)
    assert len(case.sites) == PROJECTS
    assert len({site.region for site in case.sites}) == REGIONS
    assert sum(site.citizens for site in case.sites) == 10_000
    assert max(site.citizens for site in case.sites) - min(site.citizens for site in case.sites) <= 1


def test_country_is_measured():
    found = measure_country(5_800)
    assert found["people"] == country(5_800).people
    assert found["whole"] > 0
    assert found["bytes"] == pytest.approx(bytes_per_person(default_world(country(5_800))))


def test_a_process_that_fails_is_not_measured(capsys):
    assert math.isnan(benchmark_start.in_fresh_process(["-c", "raise SystemExit('no such thing')"], ""))
    assert "no such thing" in capsys.readouterr().err


def test_turns_alternate_and_ratios_pair_repetitions():
    heard = []
    taken = by_turns({"a": lambda: heard.append("a") or 2.0, "b": lambda: heard.append("b") or 4.0}, 2)
    assert heard == ["a", "b", "a", "b"]
    assert ratios(taken["b"], taken["a"]) == [2.0, 2.0]


@pytest.mark.parametrize(
    ("value", "at_least", "met"), [(3.0, True, "yes"), (1.0, True, "no"), (3.0, False, "no"), (math.nan, True, "")]
)
def test_aims_are_met_or_not(value, at_least, met):
    assert figure_of("core", "x", [value], "×", 2.0, at_least).met == met


def test_figures_are_plain():
    assert plain(12_345_678.0) == "12,345,678"
    assert figure_of("core", "x", [1.0, 2.0, 4.0], "s").text == "2 (1–4) s"
    assert Figure("core", "x", math.nan, math.nan, math.nan, "s").text == "not measured"


@pytest.fixture
def one_part(monkeypatch):
    figure = figure_of("core", "core over Mesa engine", [210.0, 220.0, 230.0], "×", 200, at_least=True, note="idle")
    unknown = figure_of("core", "two threads", [math.nan], "×", note="one processor")
    monkeypatch.setitem(benchmark.PARTS, "core", lambda quick: [figure, unknown])


def test_command_prints_environment_aim_and_figure(one_part, capsys):
    assert benchmark.main(["--only", "core"]) == 0
    out = capsys.readouterr().out
    assert "command: coprod benchmark --only core" in out
    assert all(f"{fact}: " in out for fact in ("processor", "load average", "numba", "python"))
    row = next(line for line in out.splitlines() if line.startswith("core over Mesa engine "))
    assert row.split("  ")[0] == "core over Mesa engine"
    assert "220 (210–230) ×" in row
    assert "≥ 200" in row
    assert row.split()[-1] == "yes"


def test_command_writes_json(one_part, tmp_path):
    benchmark.main(["--only", "core", "--json", str(tmp_path / "f.json")])
    found = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    assert found["environment"].keys() >= environment().keys()
    assert found["figures"][0]["value"] == 220.0
    assert found["figures"][1]["value"] is None


def test_command_rewrites_the_table_between_its_marks(one_part, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{benchmark.BEGIN}\nold\n{benchmark.END}\nafter\n", encoding="utf-8")
    assert benchmark.main(["--only", "core", "--markdown", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| core over Mesa engine | 220 (210–230) × | ≥ 200 | yes |" in text
    assert "* core over Mesa engine: idle" in text
    assert [p.name for p in tmp_path.iterdir()] == ["page.md"]


def test_a_page_without_marks_is_refused_before_anything_is_measured(one_part, tmp_path, capsys):
    (tmp_path / "page.md").write_text("nothing", encoding="utf-8")
    assert benchmark.main(["--only", "core", "--markdown", str(tmp_path / "page.md")]) == 2
    assert "has no lines" in capsys.readouterr().err


def test_an_unknown_part_is_refused(capsys):
    with pytest.raises(SystemExit) as refused:
        benchmark.main(["--only", "cores"])
    assert refused.value.code == 2
    assert "'cores' is not a part of the benchmark" in capsys.readouterr().err


def test_arrays_take_few_bytes_per_person():
    world = default_world(load_case("EN-LPFT"))
    assert bytes_per_person(world) == pytest.approx(sum(part.nbytes for part in world) / 335)
    assert default_world(one_project(10_000)).people.itemsize * np.int64(1) <= 160
