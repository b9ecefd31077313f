"""What `coprod discover` promises: a wish is read safely, a known box is found, luck is not, and fresh runs are the judge."""

import json

import numpy as np
import pandas as pd
import pytest

from coprod_abm.experiments.cli import main
from coprod_abm.experiments.discovery_boxes import Box, find_boxes, only_in
from coprod_abm.experiments.discovery_grammar import WishError
from coprod_abm.experiments.discovery_report import discovery_words, read_tables
from coprod_abm.experiments.discovery_test import fresh_points, quality, share
from coprod_abm.experiments.discovery_wish import read_wish
from coprod_abm.experiments.study_names import Names
from coprod_abm.language import languages
from coprod_abm.measures import NAMES

METHODS = ("prim", "tree")


def sample(count: int, seed: int) -> pd.DataFrame:
    lots = np.random.default_rng(seed)
    points = pd.DataFrame(lots.random((count, 4)), columns=[f"trust.x{place}" for place in range(4)])
    return points.assign(power=lots.choice(["majority", "consensus", "lottery"], count))


def known(points: pd.DataFrame) -> np.ndarray:
    inside = (points["trust.x0"] > 0.6) & (points["trust.x1"] < 0.4) & (points["power"] != "lottery")
    return inside.to_numpy()


# ---- the wish ----


RUNS = {
    "need_met": np.array([0.2, 0.5, np.nan]),
    "tokenism": np.array([0.1, -0.1, 0.0]),
    "seat_share": np.array([0.5] * 3),
}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("need_met > 0.3", [False, True, False]),
        ("need_met - 2 * tokenism >= 0.7", [False, True, False]),
        ("0.1 < need_met <= .5", [True, True, False]),
        ("need_met > 0.3 or tokenism > 0 and seat_share < 1e0", [True, True, False]),
        ("(need_met > 0.3 or tokenism > 0) and (seat_share - 0.5) * 2 > 0", [False, False, False]),
        ("-(need_met + tokenism) < -0.35", [False, True, False]),
        ("tokenism > -0.05", [True, False, True]),
        ("need_met > 0.9 or tokenism > -1", [True, True, False]),  # a run that ended fulfils no wish that asks for more
    ],
)  # fmt: skip
def test_a_wish_holds_where_it_should(text, holds):
    assert read_wish(text, NAMES).holds(RUNS).tolist() == holds


def test_runs_without_a_value_are_counted():
    assert read_wish("need_met > 0.3", NAMES).ended(RUNS).tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("need_mett > 0.3", "Did you mean 'need_met'"),
        ("(need_mett > 0.3)", "Did you mean 'need_met'"),
        ("need_met = 0.3", "Write >= or <="),
        ("need_met == 0.3", "Write >= or <="),
        ("need_met", "one of > >= < <="),
        ("need_met > ", "a measure or a number"),
        ("need_met > 0.3 and", "a measure or a number"),
        ("(need_met > 0.3", "a closing bracket"),
        ("need_met > 0.3)", "and, or, or the end"),
        ("need_met > 0.3 need_met < 1", "and, or, or the end"),
        ("1 < 2", "names no measure"),
        ("", "is empty"),
        ("__import__('os').system('true') > 0", "cannot be read"),
        ("need_met.__class__ > 0", "cannot be read"),
        ("need_met ** 2 > 0", "a measure or a number"),
        ("need_met / 2 > 0", "cannot be read"),
        ("need_met > 0.3.4", "cannot be read"),
        ("(" * 60 + "need_met > 0" + ")" * 60, "more than 40 brackets"),
        ("-" * 60 + "need_met > 0", "more than 40 brackets"),
        ("need_met > 0 and " * 100, "at most 1,000"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_the_way_out(text, told):
    with pytest.raises(WishError) as refused:
        read_wish(text, NAMES)
    assert told in str(refused.value)


def test_a_wish_is_told_in_each_language():
    wish = read_wish("influence_share-seat_share>=0 and staff_burnout<0.3 or -need_met < (0.5)", NAMES)
    assert wish.in_words(Names("en")) == "influence share − seat share ≥ 0 and staff burnout < 0.3 or −need met < (0.5)"
    assert "personalens utmattning < 0,3 eller −tillgodosedda behov" in wish.in_words(Names("sv"))


# ---- the boxes ----


@pytest.mark.parametrize("noise", [0.0, 0.03])
@pytest.mark.parametrize("method", METHODS)
def test_a_known_box_is_found_also_through_noise(method, noise):
    points = sample(1_000, 1)
    wished = known(points) ^ (np.random.default_rng(2).random(len(points)) < noise)
    box = find_boxes(points, wished, method, 0.8, 1)[0]
    assert set(box.named) == {"trust.x0", "trust.x1", "power"}
    assert box.limits["trust.x0"] == pytest.approx((0.6, np.inf), abs=0.06)
    assert box.limits["trust.x1"] == pytest.approx((-np.inf, 0.4), abs=0.06)
    assert box.choices == {"power": ("consensus", "majority")}
    fresh = sample(4_000, 3)
    told = quality("ONE", 1, "fresh", box.holds(fresh), known(fresh))
    assert told["density"] > 0.85
    assert told["coverage"] > 0.85
    if method == "prim":
        assert max(min(p for p in both if p >= 0) for both in box.quasi_p.values()) < 1e-6


def test_prim_finds_no_box_in_luck_and_fresh_runs_unmask_that_of_a_tree():
    lots = np.random.default_rng(4)
    points = sample(500, 5)
    wished = lots.random(len(points)) < 0.3
    assert find_boxes(points, wished, "prim", 0.8, 2) == []
    box = find_boxes(points, wished, "tree", 0.8, 1)[0]
    found = quality("ONE", 1, "found", box.holds(points), wished)
    assert found["density"] > 0.45
    fresh, inside = sample(1_000, 6), fresh_points(points, 1_000, 7, box)
    told = quality(
        "ONE", 1, "fresh", box.holds(fresh), lots.random(1_000) < 0.3, (int((lots.random(1_000) < 0.3).sum()), 1_000)
    )
    assert box.holds(inside).all()
    assert told["density_high"] < 0.36
    assert told["p"] > 0.05


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("share_of", [0.0, 1.0])
def test_a_wish_that_holds_nowhere_or_everywhere_has_no_box(method, share_of):
    points = sample(50, 1)
    assert find_boxes(points, np.full(50, bool(share_of)), method, 0.8, 2) == []


def test_a_further_box_is_counted_outside_those_before_it():
    points = pd.DataFrame({"trust.gain": np.linspace(0, 1, 11)})
    boxes = [Box({"trust.gain": (0.5, np.inf)}), Box({"trust.gain": (0.3, np.inf)})]
    assert only_in(boxes, 2, points).sum() == 2


def test_the_interval_of_a_share_is_exact():
    assert share(0, 20) == pytest.approx((0.0, 0.0, 0.1684), abs=1e-4)
    assert share(10, 20)[1:] == pytest.approx((0.2720, 0.7280), abs=1e-4)
    assert np.isnan(share(0, 0)).all()


def test_fresh_points_keep_to_the_space_that_was_sampled():
    points = sample(400, 1).assign(steps=np.tile([0.1, 0.5, 0.9, 0.3], 100))
    fresh = fresh_points(points, 300, 2)
    assert set(fresh["steps"]) == {0.1, 0.3, 0.5, 0.9}
    assert set(fresh["power"]) == {"majority", "consensus", "lottery"}
    assert fresh["trust.x0"].between(points["trust.x0"].min(), points["trust.x0"].max()).all()
    assert not set(fresh["trust.x0"]) & set(points["trust.x0"])


# ---- the command ----

ACCESS = "power.agenda_access"


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """A discovery of its own design, on short runs."""
    out = tmp_path_factory.mktemp("found") / "wish"
    words = [
        f"{ACCESS}=interval()",
        "capacity.workload=interval(0.6,1.5)",
        "case=reference",
        "weeks=26",
        "replicates=2",
    ]
    assert main(["discover", "wish=staff_burnout < 0.3", *words, "design.n=48", "fresh=40", f"out={out}"]) == 0
    return out


def test_the_command_finds_what_drives_burnout_and_tests_it_on_fresh_runs(found):
    tables, facts = read_tables(found)
    assert "capacity.workload" in set(tables["boxes"]["parameter"])
    fresh = tables["quality"].query("where == 'fresh' and box == 1").iloc[0]
    assert fresh["density"] > 0.7
    assert 0 <= fresh["density_low"] < fresh["density"] <= fresh["density_high"] <= 1
    assert fresh["p"] < 0.01
    assert facts["fresh_seed"] == facts["seed"] + 1
    report = (found / "report.md").read_text(encoding="utf-8")
    assert "capacity: workload is below" in report
    assert "of fresh settings inside this box" in report
    assert {"box_CASE_1.png", "box_CASE_1.svg"} <= {
        file.name.replace(str(fresh["case"]), "CASE") for file in (found / "figures").iterdir()
    }


def test_a_finished_sweep_is_read_without_new_runs_where_nothing_is_tested(found, tmp_path, capsys):
    words = [
        f"from={found / 'sweep'}",
        "wish=staff_burnout < 0.3",
        "fresh=0",
        "method=tree",
        "language=sv",
        f"out={tmp_path}",
    ]
    assert main(["discover", *words]) == 0
    told = capsys.readouterr().out
    assert "inte prövat på nya körningar" in told
    assert set(read_tables(tmp_path)[0]["quality"]["where"]) == {"found"}


def again(found, *words):
    """The words of the discovery of its own design once more, in the same folder."""
    own = [f"{ACCESS}=interval()", "capacity.workload=interval(0.6,1.5)", "case=reference", "weeks=26", "replicates=2"]
    return main(["discover", "wish=staff_burnout < 0.3", *own, "design.n=48", "fresh=40", f"out={found}", *words])


def test_fresh_runs_are_kept_and_a_finished_test_is_only_read(found, capsys):
    before = (found / "quality.csv").read_bytes()
    capsys.readouterr()
    assert again(found) == 0
    assert capsys.readouterr().out.count("Nothing is left to compute") == 2  # the sweep, and the test
    assert (found / "quality.csv").read_bytes() == before


def test_an_interrupted_test_names_the_folder_and_goes_on_there(found, capsys, monkeypatch):
    before = (found / "quality.csv").read_bytes()
    (store,) = (found / "fresh").iterdir()
    for part in (store / "parts").iterdir():
        part.unlink()

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("coprod_abm.experiments.executor_local.run_chunks", interrupt)
        assert again(found) == 130
    assert f"The same command with out={found} goes on there" in capsys.readouterr().err
    assert again(found) == 0
    assert (found / "quality.csv").read_bytes() == before


def test_an_interrupted_design_names_the_folder_of_the_whole(tmp_path, capsys, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("coprod_abm.experiments.executor_local.run_chunks", interrupt)
    assert again(tmp_path / "calm") == 130
    assert f"The same command with out={tmp_path / 'calm'} goes on there" in capsys.readouterr().err


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(tmp_path, capsys):
    assert again(tmp_path / "calm", "--dry-run") == 0
    assert "Then at most 3 times 40 fresh settings" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["wish=tokenism < 0"], "did not keep tokenism"),
        (["wish=staff_burnout < 0.3", "wish=need_met > 0"], "wish is given twice"),
        (["wish=staff_burnout < 0.3", "method=magic"], "neither prim nor tree"),
        (["wish=staff_burnout < 0.3", "density=2"], "between 0.0 and 1.0"),
        (["wish=staff_burnout < 0.3", "fresh=many"], "takes a whole number"),
        (["wish=staff_burnout < 0.3", "language=xx"], "is not one of en, sv"),
        (["wish=staff_burnout < 0.3", "case=SE-JKP"], "Leave one of them away"),
        (["wish=burnout < 0.3"], "Did you mean 'staff_burnout'"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused(found, tmp_path, capsys, words, told):
    assert main(["discover", f"from={found / 'sweep'}", f"out={tmp_path}", *words]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("language", languages())
def test_runs_that_ended_and_boxes_that_fail_on_fresh_runs_are_said(tmp_path, language):
    rows = [
        quality("ONE", 0, "found", np.ones(100), np.arange(100) < 30),
        quality("ONE", 1, "found", np.arange(100) < 20, np.arange(100) < 18),
        quality("ONE", 0, "fresh", np.ones(100), np.arange(100) < 30),
        quality("ONE", 1, "fresh", np.arange(100) % 5 == 0, np.arange(100) < 30),
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "quality.csv", index=False)
    limit = {
        "case": "ONE",
        "box": 1,
        "parameter": "trust.gain",
        "low": 0.5,
        "high": np.inf,
        "choices": "",
        "p_low": 0.01,
    }
    pd.DataFrame([limit | {"p_high": np.nan, "sampled_low": 0.0, "sampled_high": 1.0}]).to_csv(
        tmp_path / "boxes.csv", index=False
    )
    pd.DataFrame({"case": [], "box": []}).to_csv(tmp_path / "trajectory.csv", index=False)
    pd.DataFrame({"case": "ONE", "ended": [1] * 7, "runs": 5}).to_csv(tmp_path / "points.csv", index=False)
    facts = {"wish": "tokenism < 0", "judged": "runs", "chance": 0.5, "density": 0.8, "replicates": 5, "seed": 1}
    facts |= {"fresh_seed": 2, "points": 100, "fresh": 100, "failed": 0, "error": ""}
    (tmp_path / "discovery.json").write_text(json.dumps(facts), encoding="utf-8")
    told, names = discovery_words(tmp_path, language), Names(language)
    assert names.text("sentences.wish_luck") in told
    assert names.text("sentences.wish_ended", count=7, all=35) in told
    assert names.text("sentences.wish_worse", found=names.percent(0.9)) in told
