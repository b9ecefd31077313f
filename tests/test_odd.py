"""The pages that repeat the code are what the code gives, complete, and the figure shows the links that are declared."""

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from coprod_abm.causes import STATES
from coprod_abm.experiments import figure_causes
from coprod_abm.experiments.figure_causes import BOX, NAME, PLACES, FigureError, crossed, paths, sign_places
from coprod_abm.experiments.odd import filled, main, page_of, sources, written
from coprod_abm.experiments.odd_markers import DocumentError
from coprod_abm.feedback import FAMILIES as RULE_FAMILIES
from coprod_abm.feedback import signs
from coprod_abm.parameters import declarations
from coprod_abm.presets import FAMILIES, presets

CHECKOUT = Path(__file__).resolve().parent.parent
DOCS = CHECKOUT / "docs"
RING = 0.18  # inches: the width of a sign with its ring
WAY_OUT = "run `coprod docs` (.venv/bin/coprod docs) and commit what it writes"


@pytest.mark.parametrize("source", sources(DOCS), ids=lambda file: file.name)
def test_the_page_is_what_the_code_gives(source):
    assert page_of(source).read_text(encoding="utf-8") == written(source), WAY_OUT


def test_the_figure_shows_the_declared_links_and_no_other():
    for kind in ("svg", "png"):
        drawn = (DOCS / "figures" / f"{NAME}.{kind}").read_bytes().decode("latin-1")
        assert figure_causes.description() in drawn, WAY_OUT


def test_no_family_is_left_out_of_the_pages():
    odd, families = ((DOCS / f"{name}.in.md").read_text(encoding="utf-8") for name in ("odd", "families"))
    assert set(FAMILIES) == {*RULE_FAMILIES, "population"}
    for family in RULE_FAMILIES:
        assert f"<!-- parameters {family} -->" in odd
        assert f"<!-- rules {family} -->" in odd
        assert f"<!-- presets {family} -->" in families
        assert f"\n## {family.capitalize()}\n" in families
    assert "<!-- parameters population -->" in odd


def test_every_parameter_and_preset_stands_in_a_page():
    odd, families = ((DOCS / f"{name}.md").read_text(encoding="utf-8") for name in ("odd", "families"))
    assert [key for key in declarations() if f"| `{key}` |" not in odd] == []
    shown = [f"`{family}={name}`" for family in RULE_FAMILIES for name in presets(family)]
    assert [name for name in shown if name not in families] == []


def test_each_family_says_its_question_its_sources_and_its_limits():
    for part in (DOCS / "families.in.md").read_text(encoding="utf-8").split("\n## ")[1:]:
        for heading in ("**Question.**", "**In plain words.**", "**Sources.**", "**Limits.**"):
            assert heading in part, f"{part.splitlines()[0]} lacks {heading}"


def test_parameters_named_in_prose_are_declared():
    named = r"`((?:" + "|".join(FAMILIES) + r")\.[a-z_]+)`"
    for page in [*sources(DOCS), DOCS / "running.md", DOCS / "cases.md"]:
        for key in re.findall(named, page.read_text(encoding="utf-8")):
            assert key in declarations() or key.endswith(".py") or f"{key}.py".startswith("population."), (
                f"{page.name}: {key}"
            )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<!-- parameter power -->", "Did you mean 'parameters'"),
        ("<!-- parameters pwoer -->", "not a family"),
        ("<!-- rule trust.revised_trusts -->", "no 'revised_trusts'"),
        ("<!-- rule no_file.rule -->", "no file"),
        ("<!-- state table -->", "has no state"),
        ("<!-- schedule weekly -->", "does not take 1 words"),
    ],
)
def test_a_marker_that_means_nothing_is_refused_with_the_nearest_one(text, told):
    with pytest.raises(DocumentError, match=re.escape(told)):
        filled(text)


def test_a_rule_is_shown_as_it_stands_without_its_examples():
    shown = filled("<!-- rule trust.drifted_trust -->")
    assert "    return trust + rate * (need_met - trust)\n```" in shown
    assert shown.startswith("**`drifted_trust`** Institutional part of trust")
    assert ">>>" not in shown


def test_the_command_writes_pages_and_figure(tmp_path, capsys):
    (tmp_path / "page.in.md").write_text("A year has <!-- constant year.YEAR --> weeks.\n", encoding="utf-8")
    main([str(tmp_path)])
    assert (tmp_path / "page.md").read_text(encoding="utf-8").endswith("A year has 52 weeks.\n")
    assert (tmp_path / "figures" / f"{NAME}.svg").stat().st_size > 1_000
    assert "page.md" in capsys.readouterr().out


def test_a_folder_without_such_pages_is_refused(tmp_path):
    with pytest.raises(DocumentError, match="holds no pages"):
        main([str(tmp_path)])


# ---- the figure can be read ----


def test_a_state_without_a_place_is_refused(monkeypatch):
    monkeypatch.delitem(PLACES, "trust")
    with pytest.raises(FigureError, match="'trust' has no place"):
        figure_causes.causes_figure()


def test_boxes_do_not_overlap():
    for (one, a), (other, b) in combinations(PLACES.items(), 2):
        assert abs(a.x - b.x) > BOX[0] or abs(a.y - b.y) > BOX[1], f"{one} and {other}"


def test_no_arrow_runs_through_a_box_that_it_does_not_join():
    assert [pair for pair in signs() if crossed(paths()[pair], set(pair))] == []


def test_each_link_has_its_arrow_and_its_sign_apart_from_others():
    spots = sign_places()
    assert set(spots) == set(paths()) == set(signs())
    near = [(one, other) for one, other in combinations(spots, 2) if np.hypot(*(spots[one] - spots[other])) < RING]
    assert near == []


def test_each_state_has_a_place():
    assert set(PLACES) == set(STATES)
