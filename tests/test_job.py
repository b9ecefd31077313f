"""Sweeps as jobs: points become the same rules as Parameters, chunks the same rows as the whole, keys what decides numbers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from coprod_abm.batch import seen_in_runs
from coprod_abm.declare import ParameterError
from coprod_abm.draws import replicate_seed, replicate_seeds
from coprod_abm.evaluate import evaluate
from coprod_abm.job import CHUNK_SECONDS, chunks, computed, job_of, piece, run_seconds, spans, statistics
from coprod_abm.measures import MeasureError
from coprod_abm.outputs import Stops
from coprod_abm.parameters import Parameters, declarations
from coprod_abm.points import RuleRow, flat, settings_of
from coprod_abm.presets import PresetError, preset, preset_values
from coprod_abm.simulate import RunError, run_once
from coprod_abm.theories import theory_values
from coprod_abm.world import world_of

ASKED = ["need_met", "safety"]
MIXED = pd.DataFrame(
    {
        "theory": ["relational", "all", "empowerment+resource", "all"] * 3,
        "power": ["consensus", "majority", "default", "consensus"] * 3,
        "power.agenda_access": np.linspace(0.1, 0.9, 12),
        "leadership.dial": [-1.0, 0.0, 0.4, 1.0] * 3,
        "representation.representation_rule": ["sortition", "self_selected", "sortition"] * 4,
    }
)


def job_on(case, points=MIXED, **told):
    return job_of(points, case, ASKED, **({"replicates": 3, "seed": 7, "weeks": 8} | told))


# ---- points ----


def changes_told(point):
    """What a row asks for, by dotted name, told anew: theory, then preset, then single parameters."""
    return (
        theory_values(point["theory"])
        | preset_values("power", point["power"])
        | {key: value for key, value in point.items() if "." in key}
    )


def test_points_become_the_rules_that_parameters_would(case_of):
    job = job_on(case_of())
    settings = settings_of(job.points)
    usual = flat(Parameters())
    for row, point in enumerate(MIXED.to_dict("records")):
        numbers = np.where(settings.is_set[row], settings.values[row], usual)
        assert np.array_equal(numbers, flat(Parameters().replace(changes_told(point))))


def test_a_point_is_what_preset_makes_of_the_same_words(case_of):
    points = pd.DataFrame({"theory": ["relational"], "power": ["consensus"], "power.agenda_access": [0.3]})
    settings = settings_of(job_on(case_of(), points).points)
    same = flat(preset("theory=relational", "power=consensus", "power.agenda_access=0.3"))
    assert np.array_equal(np.where(settings.is_set[0], settings.values[0], flat(Parameters())), same)


def test_a_row_of_numbers_reads_like_parameters(parameters_of):
    for number in range(5):
        params = parameters_of(number)
        row = RuleRow(flat(params).tolist())
        for found in declarations().values():
            told = getattr(getattr(row, found.family), found.name)
            assert told == getattr(getattr(params, found.family), found.name)
            assert isinstance(told, found.options or float)


def test_a_row_tells_all_its_values(parameters_of):
    params = parameters_of(4)
    assert RuleRow(flat(params).tolist()).values() == params.values()


def test_a_row_is_replaced_as_parameters_are(parameters_of):
    params = parameters_of(3)
    changes = {"leadership.dial": 0.3, "power.decision_rule": "majority"}
    changed = RuleRow(flat(params).tolist()).replace(changes)
    assert changed._numbers == flat(params.replace(changes)).tolist()


def test_presets_are_as_good_as_their_values(case_of):
    named = evaluate(pd.DataFrame({"power": ["consensus", "majority"]}), case_of(), ASKED, 3, weeks=26)
    rules = {key: [preset_values("power", each).get(key) for each in ("consensus", "majority")] for key in rules_of()}
    written = evaluate(pd.DataFrame(rules), case_of(), ASKED, 3, weeks=26)
    assert named[ASKED].equals(written[ASKED])
    assert named["power"].tolist() == ["consensus", "majority"]


def rules_of():
    """The parameters that both presets of the test set."""
    return preset_values("power", "consensus").keys() & preset_values("power", "majority").keys()


# ---- statistics ----


def test_runs_without_a_value_are_left_out(case_of):
    job = job_on(case_of(), quantiles=[0.5], replicates=5)
    ends = np.random.default_rng(1).random((12, 2, 5))
    ends[0, 0, 1] = ends[1, 0, :] = ends[2, 1, 1:] = np.nan
    told = statistics(job, ends)
    assert list(told) == ["need_met", "need_met_sd", "need_met_q50", "safety", "safety_sd", "safety_q50"]
    for pair in range(12):
        for place, name in enumerate(ASKED):
            known = ends[pair, place][~np.isnan(ends[pair, place])].copy()
            assert told[name][pair] == known.mean() if len(known) else np.isnan(told[name][pair])
            spread, median = told[f"{name}_sd"][pair], told[f"{name}_q50"][pair]
            assert spread == known.std(ddof=1) if len(known) > 1 else np.isnan(spread)
            assert median == np.median(known) if len(known) else np.isnan(median)


# ---- seeds and batches ----


def test_seeds_in_bulk_are_the_seeds_one_by_one():
    seeds = [0, 1, 2**32 + 5, 2**63 - 1]
    numbers = [0, 7, 1_000_003, 2**33 + 1]
    bulk = replicate_seeds(np.array(seeds)[:, None], numbers)
    assert bulk.tolist() == [[replicate_seed(seed, number) for number in numbers] for seed in seeds]


def test_a_batch_gives_the_bits_of_single_runs(levels_case, parameters_of):
    params = [Parameters(), *(parameters_of(number) for number in range(20))]
    worlds = []
    for one in params:
        try:
            worlds.append(world_of([levels_case], one))
        except ParameterError:
            continue
    assert len(worlds) > 2
    rules = np.stack([world.flat_rules[0] for world in worlds])
    places = np.arange(3 * len(worlds)) % len(worlds)
    seeds = np.arange(len(places)) // 2
    seen, people = seen_in_runs(worlds[0], rules, places, seeds, Stops(30, 10, np.array([0, 2, 3])), people=True)
    for run, (place, seed) in enumerate(zip(places, seeds, strict=True)):
        alone = run_once(worlds[place], int(seed), 30, 10)
        assert np.array_equal(seen[run], alone.seen[[0, 2, 3]], equal_nan=True)
        assert np.array_equal(people[run], alone.counts[[0, 2, 3]].sum(axis=1))


# ---- chunks ----


@pytest.mark.parametrize("pairs", [1, 3, 5, 100])
def test_chunks_of_any_size_hold_the_rows_of_the_whole(case_of, pairs):
    job = job_on([case_of(id="B"), case_of(id="A")])
    whole = computed(job, next(spans(job, job.size)))
    parts = [computed(job, chunk, threads=1) for chunk in chunks(job, pairs)]
    assert pd.concat(parts, ignore_index=True).equals(whole)
    assert whole["point"].tolist() == [number // 2 for number in range(24)]
    assert whole["case"].tolist() == ["B", "A"] * 12


def test_a_piece_gives_the_rows_of_its_chunk(case_of):
    job = job_on([case_of(id="B"), case_of(id="A")])
    for chunk in chunks(job, 5):
        small, same = piece(job, chunk)
        assert len(small.points) <= 4
        assert computed(small, same).equals(computed(job, chunk))
        assert chunks(small, 24)[0].key != ""


def test_chunks_are_keyed_by_what_decides_their_rows(case_of):
    job = job_on(case_of())
    keys = [chunk.key for chunk in chunks(job, 4)]
    assert len(set(keys)) == 3
    assert [chunk.key for chunk in chunks(job_on(case_of()), 4)] == keys
    assert [chunk.key for chunk in chunks(job_on(case_of(), MIXED.head(8)), 4)] == keys[:2]
    changed = MIXED.assign(**{"power.agenda_access": [0.1 + 1e-12, *MIXED["power.agenda_access"][1:]]})
    other = [chunk.key for chunk in chunks(job_on(case_of(), changed), 4)]
    assert other[1:] == keys[1:]
    assert other[0] != keys[0]


@pytest.mark.parametrize(
    "told",
    [
        {"seed": 8},
        {"replicates": 4},
        {"weeks": 9},
        {"common_seeds": True},
        {"rows": "replicates"},
        {"quantiles": True},
        {"base": Parameters().replace({"trust.gain": 0.07})},
    ],
)
def test_whatever_decides_numbers_changes_keys_and_fingerprint(case_of, told):
    job, other = job_on(case_of()), job_on(case_of(), **told)
    assert not {chunk.key for chunk in chunks(job, 4)} & {chunk.key for chunk in chunks(other, 4)}
    assert job.fingerprint != other.fingerprint


def test_case_measures_and_model_change_keys(case_of, monkeypatch):
    job = job_on(case_of())
    keys = {chunk.key for chunk in chunks(job, 4)}
    others = [job_on(case_of(rules={"trust.gain": 0.07})), replace(job, measures=("safety",))]
    monkeypatch.setattr("coprod_abm.job.source_fingerprint", lambda: "another")
    others.append(job_on(case_of()))
    for other in others:
        assert not keys & {chunk.key for chunk in chunks(other, 4)}


def test_an_edited_preset_changes_keys(case_of, monkeypatch):
    points = pd.DataFrame({"power": ["consensus", "majority"]})
    keys = [chunk.key for chunk in chunks(job_on(case_of(), points), 1)]
    usual = preset_values("power", "consensus")
    edited = lambda column, name: usual | {"power.agenda_access": 0.123} if name == "consensus" else usual  # noqa: E731
    monkeypatch.setattr("coprod_abm.job.changes_of", edited)
    again = [chunk.key for chunk in chunks(job_on(case_of(), points), 1)]
    assert again[0] != keys[0]


def test_chunks_are_some_seconds_of_work_and_do_not_depend_on_the_number_of_points(case_of):
    few, many = (job_of(pd.DataFrame({"trust.gain": [0.1] * n}), "EN-LPFT", replicates=20) for n in (5, 500))
    sizes = [chunk.last - chunk.first for chunk in spans(many)]
    assert sizes[0] * 20 * run_seconds(many.cases[0], 312) <= CHUNK_SECONDS
    assert sizes[0] * 20 * run_seconds(many.cases[0], 312) > 0.5 * CHUNK_SECONDS
    assert next(spans(few)).last == 5
    assert [each.last - each.first for each in spans(few, 2)] == [2, 2, 1]


def test_memory_holds_one_chunk(case_of):
    many = job_of(pd.DataFrame({"trust.gain": np.full(200_000, 0.1)}), case_of(), ["safety"], replicates=1, weeks=1)
    assert max(chunk.last - chunk.first for chunk in spans(many)) <= 20_000


# ---- points that fail ----


def test_a_point_that_contradicts_itself_is_a_row_with_its_error(case_of):
    points = pd.DataFrame(
        {
            "power.space": ["invited", "closed", "invited"],
            "power.decision_rule": ["majority", "citizen_control", "majority"],
        }
    )
    job = job_on(case_of(), points)
    rows = computed(job, chunks(job)[0])
    assert rows["error"].isna().tolist() == [True, False, True]
    assert "contradict each other" in rows["error"][1]
    assert rows["safety"].isna().tolist() == [False, True, False]
    alone = computed(*piece(job, chunks(job, 1)[2]))
    assert alone["safety"][0] == rows["safety"][2]


def test_evaluate_refuses_such_a_point_or_records_it(case_of):
    points = pd.DataFrame(
        {"power.space": ["invited", "closed"], "power.decision_rule": ["majority", "citizen_control"]}
    )
    with pytest.raises(ParameterError, match=r"Point 1, case SMALL: .*contradict each other"):
        evaluate(points, case_of(), ["safety"], replicates=1, weeks=4)
    told = evaluate(points, case_of(), ["safety"], replicates=1, weeks=4, errors="record")
    assert told["error"].isna().tolist() == [True, False]
    with pytest.raises(RunError, match="neither 'raise' nor 'record'"):
        evaluate(points, case_of(), ["safety"], replicates=1, weeks=4, errors="drop")


def test_the_error_is_the_one_that_a_world_would_raise(case_of, parameters_of):
    settings = {"power.space": "closed", "power.decision_rule": "citizen_control"}
    with pytest.raises(ParameterError) as raised:
        world_of([case_of()], Parameters(), settings)
    job = job_on(case_of(), pd.DataFrame([settings]))
    assert computed(job, chunks(job)[0])["error"][0] == str(raised.value)


# ---- refusals ----


@pytest.mark.parametrize(
    ("points", "error", "told"),
    [
        (pd.DataFrame({"power": ["consensus", "consensuss"]}), PresetError, "Point 1: power=consensuss is not.*'consensus'"),
        (pd.DataFrame({"theory": ["relationl"]}), PresetError, "Point 0: theory=relationl is not a theory.*'relational'"),
        (pd.DataFrame({"power": ["consensus", None]}), PresetError, "Point 1: power = .* is not the name of a preset"),
        (pd.DataFrame({"power": [1]}), PresetError, "Point 0: power = 1 is not the name"),
        (pd.DataFrame({"powr": ["consensus"]}), ParameterError, "Point 0: 'powr' is not a declared parameter"),
        (pd.DataFrame({"trust.gain": [True]}), ParameterError, "Point 0: trust.gain = True is not a number"),
        (pd.DataFrame({"trust.gain": [0.1, None]}), ParameterError, "Point 1: trust.gain = nan"),
        (pd.DataFrame({"power.decision_rule": ["majorty"]}), ParameterError, "Point 0: .*'majorty' is not one of .*'majority'"),
        (pd.DataFrame({"trust.gain": [0.1, 7], "power.agenda_access": [7, 0.1]}), ParameterError, "Point 0: power.agenda"),
        ([{"trust.gain": 0.1}], ParameterError, "points is a list, not a DataFrame"),
    ],
)  # fmt: skip
def test_points_that_cannot_be_used_are_refused(case_of, points, error, told):
    with pytest.raises(error, match=told):
        job_on(case_of(), points)


@pytest.mark.parametrize(
    ("told", "error", "words"),
    [
        ({"measures": ["safty"]}, MeasureError, "'safety'"),
        ({"measures": ["safety", "safety"]}, MeasureError, "stands twice"),
        ({"measures": []}, MeasureError, "no measures"),
        ({"rows": "runs"}, RunError, "neither 'points' nor 'replicates'"),
        ({"quantiles": [0.333]}, RunError, "whole percentages"),
        ({"quantiles": [0.5, 0.5]}, RunError, "different whole percentages"),
        ({"quantiles": True, "rows": "replicates"}, RunError, "every run has a row"),
        ({"replicates": 0}, RunError, "replicates = 0"),
        ({"case": ["SMALL", "SMALL"]}, ValueError, "SMALL"),
    ],
)
def test_jobs_that_cannot_be_done_are_refused(case_of, told, error, words):
    with pytest.raises(error, match=words):
        job_of(**({"points": MIXED, "case": case_of(), "weeks": 8} | told))
