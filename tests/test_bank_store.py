"""A bank on disk: aligned draws with seeds of their own, the same bits after a kill and after growth, and plain refusals."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from coprod_abm import evaluate
from coprod_abm.calibration.bank import BankError, Estimated, check_seeds
from coprod_abm.calibration.bank_store import (
    FACTS,
    RUNS,
    BankPlan,
    fill_bank,
    one_by_one,
    read_bank,
    read_facts,
    read_observed,
)
from coprod_abm.calibration.targets import TargetRules, targets_of
from coprod_abm.case import Case, Level, Site
from coprod_abm.outputs import outputs, stops_of
from coprod_abm.store import PARTS, StoreError

SIZES = {
    "citizens": 24,
    "professionals": 6,
    "leaders": 3,
    "citizen_seats": 4,
    "professional_seats": 3,
    "leader_seats": 1,
}
PRIORS = (
    Estimated("trust.gain", "shared", 0.02, 0.2),
    Estimated("instrument.access_to_care.slope", "country", 4.0, 12.0),
    Estimated("population.citizen_trust", "case", 0.3, 0.9, "normal", 0.6, 0.1),
)


def case_of(name: str, country: str, measures: dict[str, float]) -> Case:
    """A small case with two waves of each measure."""
    rows = [
        {"case_id": name, "wave": wave, "measure": measure, "value": value, "unit": "percent", "n": 200.0, "sd": np.nan,
         "source": "a test", "note": "", "week": week}
        for measure, value in measures.items() for wave, week in (("2000", 26), ("2001", 78))
    ]  # fmt: skip
    site = Site(f"{name} one", Level.local, "R", **SIZES)
    return Case(name, name, country, Level.local, 2000, sites=(site,), measures=pd.DataFrame(rows))


CASES = (
    case_of("ONE", "AA", {"access_to_care": 80.0, "trust_health_care": 60.0}),
    case_of("TWO", "AA", {"access_to_care": 70.0}),
    case_of("THREE", "BB", {"trust_health_care": 55.0}),
)


def plan_of(draws: int = 60, **changes: object) -> BankPlan:
    targets = targets_of(CASES, TargetRules("none", {}, (), {}))
    plan = BankPlan(CASES, PRIORS, ("all", "relational", "resource"), targets, draws, 7, {"priors": "test"})
    return replace(plan, **changes)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A filled bank of 60 draws."""
    place = tmp_path_factory.mktemp("bank")
    fill_bank(place, plan_of(), threads=1)
    return place


def same(one, other):
    for name, case in one.cases.items():
        for field in ("theta", "shown", "seeds"):
            np.testing.assert_array_equal(getattr(case, field), getattr(other.cases[name], field)[: len(one)])
    np.testing.assert_array_equal(one.theory, other.theory[: len(one)])


# ---- what a bank holds ----


def test_draws_are_aligned_and_belong_to_all_a_country_or_a_case(folder):
    bank = read_bank(folder)
    one, two, three = bank.cases.values()
    assert [case.parameters for case in (one, three)] == [
        ("trust.gain", "instrument.access_to_care.slope", "population.citizen_trust"),
        ("trust.gain", "population.citizen_trust"),
    ]
    assert (one.theta[:, 0] == two.theta[:, 0]).all()
    assert (one.theta[:, 0] == three.theta[:, 0]).all()
    assert (one.theta[:, 1] == two.theta[:, 1]).all()
    assert not (one.theta[:, 2] == two.theta[:, 2]).any()
    assert sorted(np.unique(bank.theory, return_counts=True)[1]) == [20, 20, 20]


def test_every_run_has_a_seed_of_its_own(folder):
    bank = read_bank(folder)
    seeds = np.concatenate([one.seeds for one in bank.cases.values()])
    assert len(np.unique(seeds)) == 180
    check_seeds(bank)


def test_readings_are_those_of_a_plain_table_on_the_logit_scale(folder):
    plan, bank = plan_of(), read_bank(folder)
    job = plan.job(CASES[0])
    table = evaluate(plan.points(CASES[0]), CASES[0], list(job.measures), 1, job.seed, rows="replicates")
    share = np.clip(table["access_to_care@78"].to_numpy() / 100.0, 1e-4, 1.0 - 1e-4)
    place = [tuple(slot) for slot in bank.cases["ONE"].slots].index(("access_to_care", "2001", 78))
    np.testing.assert_allclose(bank.cases["ONE"].shown[:, place], np.log(share / (1.0 - share)), rtol=1e-12)


def test_runs_end_with_the_last_wave():
    job = plan_of().job(CASES[0])
    assert stops_of(outputs(job.measures), job.lengths[0]).weeks == 78


def test_the_description_says_what_decided_the_numbers(folder):
    facts = read_bank(folder).facts
    assert {"model", "seed", "hashes", "theories", "cases"} <= set(facts)
    assert facts["hashes"] != read_facts_of(plan_of(priors=PRIORS[:2]))["hashes"]
    assert read_observed(folder)["TWO"].values == pytest.approx(np.log(0.7 / 0.3), abs=0.01)


def read_facts_of(plan: BankPlan) -> dict[str, object]:
    return plan.facts


# ---- going on ----


def test_a_larger_bank_begins_with_the_old_draws(folder, tmp_path):
    grown = fill_bank(tmp_path, plan_of(30), threads=1)
    same(grown, read_bank(folder))
    same(read_bank(folder), fill_bank(tmp_path, plan_of(60), threads=1))


def test_a_bank_goes_on_after_a_kill_with_the_same_bits(folder, tmp_path):
    def killed(job, chunks, store, threads, told):
        if job.cases[0].id == "TWO":
            raise KeyboardInterrupt
        one_by_one(job, chunks, store, threads, told)

    with pytest.raises(KeyboardInterrupt):
        fill_bank(tmp_path, plan_of(), threads=1, run_chunks=killed)
    with pytest.raises(BankError, match="holds no finished bank"):
        read_bank(tmp_path)
    simulated = []

    def counted(job, chunks, store, threads, told):
        simulated.append(job.cases[0].id)
        one_by_one(job, chunks, store, threads, told)

    same(read_bank(folder), fill_bank(tmp_path, plan_of(), threads=1, run_chunks=counted))
    assert simulated == ["TWO", "THREE"]


def test_progress_counts_runs_of_all_cases(tmp_path):
    heard = []

    def listener(before, label):
        return lambda done, total: heard.append((before + done, label))

    fill_bank(tmp_path, plan_of(12), threads=1, progress=listener)
    assert heard[-1] == (36, "THREE")


# ---- refusals ----


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seed": 8}, "its seed are 7, asked for are 8"),
        ({"theories": ("all",)}, "its theories"),
        ({"priors": PRIORS[:2]}, "its priors"),
        ({"draws": 20}, "a bank of 60 draws; asked for are 20"),
        ({"cases": CASES[:2]}, "its cases"),
    ],
)
def test_another_bank_in_the_folder_is_refused(folder, changes, words):
    with pytest.raises(BankError, match=words):
        fill_bank(folder, plan_of(**changes), threads=1)


def test_a_bank_of_another_version_of_the_model_is_refused(folder, tmp_path):
    (tmp_path / FACTS).write_text(json.dumps({**read_facts(folder), "model": "f" * 64}), encoding="utf-8")
    with pytest.raises(BankError, match="another version of the model \\(ffffffffffff"):
        read_bank(tmp_path)
    with pytest.raises(BankError, match="another version of the model"):
        fill_bank(tmp_path, plan_of(), threads=1)


def test_damage_is_told(folder, tmp_path):
    bank = fill_bank(tmp_path, plan_of(12), threads=1)
    assert len(bank) == 12
    part = next((tmp_path / RUNS / "TWO" / PARTS).iterdir())
    part.write_bytes(part.read_bytes()[:-40])
    with pytest.raises(BankError, match="chunks are missing"):
        read_bank(tmp_path)
    same(bank, fill_bank(tmp_path, plan_of(12), threads=1))  # the same command mends it
    (tmp_path / FACTS).write_text("{", encoding="utf-8")
    with pytest.raises(BankError, match="is damaged"):
        read_bank(tmp_path)


def test_a_folder_with_other_runs_is_refused(tmp_path):
    fill_bank(tmp_path, plan_of(12), threads=1)
    (tmp_path / FACTS).unlink()
    with pytest.raises(StoreError, match="another study"):
        fill_bank(tmp_path, plan_of(12, seed=9), threads=1)
