"""The readable engine is a Mesa model like any other: what a Mesa user tries first works, and gives simulate's numbers."""

import mesa
import numpy as np
import pandas as pd
import pytest

from coprod_abm import mesa_model
from coprod_abm.declare import ParameterError
from coprod_abm.measures import NAMES
from coprod_abm.mesa_model import Citizen, CoproductionModel, Leader, Professional
from coprod_abm.parameters import Parameters
from coprod_abm.simulate import simulate


@pytest.fixture
def model(case_of):
    return CoproductionModel(Parameters(), case_of(), seed=5)


def lived(model: CoproductionModel, weeks: int) -> CoproductionModel:
    for _ in range(weeks):
        model.step()
    return model


# ---- model and agents ----


def test_it_is_a_mesa_model_of_mesa_agents(model):
    assert isinstance(model, mesa.Model)
    assert all(isinstance(person, mesa.Agent) for person in model.agents)
    assert len(model.agents) == 24 + 6 + 3


def test_agents_come_by_type(model):
    assert {kind: len(people) for kind, people in model.agents_by_type.items()} == {
        Citizen: 24,
        Professional: 6,
        Leader: 3,
    }


def test_agents_can_be_selected_asked_and_grouped(model):
    members = model.agents.select(lambda person: person.member == 1)
    assert len(members) == 8
    assert np.mean(model.agents.get("trust")) == pytest.approx(np.mean([person.trust for person in model.people]))
    assert {kind: len(people) for kind, people in model.agents.groupby("role")} == {0: 24, 1: 6, 2: 3}


def test_a_person_says_what_it_is(model):
    someone = model.agents_by_type[Citizen].to_list()[0]
    assert someone.model is model
    assert someone.project is model.projects[0]
    assert someone.rules.power.agenda_access == Parameters().power.agenda_access
    assert 0 <= someone.trust <= 1
    assert len(someone.beliefs) == 30


def test_step_lives_one_week(model):
    assert (model.week, model.steps) == (0, 0)
    lived(model, 3)
    assert (model.week, model.steps) == (3, 3)


def test_run_for_lives_many_weeks(model):
    if not hasattr(model, "run_for"):
        pytest.skip("this Mesa has no run_for")
    model.run_for(5)
    assert model.week == 5


def test_run_model_ends_when_the_model_stops(model):
    step = model.step

    def until_eight() -> None:
        step()
        model.running = model.week < 8

    model.step = until_eight
    model.run_model()
    assert model.week == 8


def test_a_person_can_be_changed_by_hand_and_the_model_goes_on(case_of):
    plain = lived(CoproductionModel(case=case_of(), seed=5), 26)
    moved = CoproductionModel(case=case_of(), seed=5)
    for citizen in moved.agents_by_type[Citizen]:
        citizen.efficacy = 1.0
    lived(moved, 26)
    assert moved.measure("citizen_efficacy") > plain.measure("citizen_efficacy") + 0.1


# ---- data collection ----


def test_collected_frames_carry_the_measures_of_simulate(case_of):
    model = lived(CoproductionModel(Parameters(), case_of(), seed=5), 24)
    frame = model.datacollector.get_model_vars_dataframe()
    assert frame.columns.tolist() == ["week", *NAMES]
    assert frame["week"].tolist() == [0, 4, 8, 12, 16, 20, 24]
    runs = simulate(Parameters(), case_of(), replicates=1, seed=5, weeks=24)
    for name in NAMES:
        assert np.array_equal(frame[name], runs[name].values[0, 0]), name


def test_a_world_of_several_sites_reports_their_mean_as_simulate_does(levels_case):
    frame = lived(CoproductionModel(Parameters(), levels_case, seed=5), 12).datacollector.get_model_vars_dataframe()
    runs = simulate(Parameters(), levels_case, replicates=1, seed=5, weeks=12)
    for name in NAMES:
        assert np.array_equal(frame[name], runs[name].values[0, 0]), name


def test_replicates_are_those_of_simulate(case_of):
    runs = simulate(Parameters(), case_of(), replicates=3, seed=5, weeks=8)
    for replicate in range(3):
        model = lived(CoproductionModel(Parameters(), case_of(), seed=5, replicate=replicate), 8)
        assert model.measure("citizen_trust") == runs.citizen_trust.values[0, replicate, -1]


def test_agents_are_collected_when_asked_for(case_of):
    model = CoproductionModel(
        case=case_of(), seed=5, agent_reporters={"trust": "trust", "seat": lambda one: one.member}
    )
    frame = lived(model, 8).datacollector.get_agent_vars_dataframe()
    assert frame.columns.tolist() == ["trust", "seat"]
    assert frame.index.names == ["Step", "AgentID"]
    assert len(frame) == 3 * 33
    assert frame.loc[8, "trust"].mean() == pytest.approx(np.mean(model.agents.get("trust")))


def test_every_says_how_often_measures_are_collected(case_of):
    weekly = lived(CoproductionModel(case=case_of(), seed=5, every=1), 4).datacollector.get_model_vars_dataframe()
    assert weekly["week"].tolist() == [0, 1, 2, 3, 4]


# ---- seeds ----


@pytest.mark.parametrize("name", ["seed", "rng"])
def test_one_seed_one_life_under_either_name(case_of, name):
    lives = [lived(CoproductionModel(case=case_of(), **{name: seed}), 4).measure("citizen_trust") for seed in (3, 3, 4)]
    assert lives[0] == lives[1] != lives[2]
    assert lives[0] == lived(CoproductionModel(case=case_of(), seed=3), 4).measure("citizen_trust")


def test_without_a_seed_each_model_draws_its_own_and_keeps_it(case_of):
    """Mesa's convention: batch_run with rng=[None, None] gives two different runs."""
    one, other = (CoproductionModel(case=case_of()) for _ in range(2))
    assert one.seed != other.seed
    again = lived(CoproductionModel(case=case_of(), seed=one.seed), 8)
    assert lived(one, 8).measure("citizen_trust") == again.measure("citizen_trust")
    assert lived(other, 8).measure("citizen_trust") != again.measure("citizen_trust")


# ---- parameters and batch runs ----


def test_parameters_are_given_by_dotted_name(case_of):
    model = CoproductionModel(case=case_of(), **{"power.agenda_access": 0.9})
    assert model.rules[0].power.agenda_access == 0.9
    with pytest.raises(ParameterError, match="agenda_access"):
        CoproductionModel(case=case_of(), **{"power.agenda_acess": 0.9})
    with pytest.raises(ParameterError, match="outside"):
        CoproductionModel(case=case_of(), **{"power.agenda_access": 1.9})


def test_what_is_asked_for_comes_before_a_cases_own_rules(case_of):
    closed = case_of(rules={"power.agenda_access": 0.0})
    assert CoproductionModel(case=closed).rules[0].power.agenda_access == 0.0
    assert CoproductionModel(case=closed, **{"power.agenda_access": 0.9}).rules[0].power.agenda_access == 0.9


def batch(processes: int, **asked: object) -> pd.DataFrame:
    found = mesa.batch_run(
        CoproductionModel,
        {"case": "EN-LPFT", "power.agenda_access": [0.1, 0.9]},
        number_processes=processes,
        rng=[1, 2],
        max_steps=12,
        display_progress=False,
        **asked,
    )
    return pd.DataFrame(found).sort_values("RunId", ignore_index=True)


def test_batch_run_varies_parameters_and_seeds():
    table = batch(1)
    assert len(table) == 4
    assert sorted(table["power.agenda_access"].unique()) == [0.1, 0.9]
    for row in table.to_dict("records"):
        params = Parameters().replace({"power.agenda_access": row["power.agenda_access"]})
        runs = simulate(params, "EN-LPFT", replicates=1, seed=int(row["seed"]), weeks=12)
        for name in ("voice_share", "citizen_trust", "need_met"):
            assert row[name] == runs[name].values[0, 0, -1]


def test_batch_run_collects_on_the_way():
    table = pd.DataFrame(
        mesa.batch_run(
            CoproductionModel,
            {"case": "EN-LPFT"},
            rng=[1],
            max_steps=8,
            data_collection_period=1,
            display_progress=False,
        )
    )
    assert table["week"].tolist() == [0, 4, 8]


@pytest.mark.slow
def test_batch_run_on_two_processes_gives_the_same_table():
    pd.testing.assert_frame_equal(batch(1), batch(2))


# ---- extending ----


class Silent(Citizen):
    """A citizen who never meets a professional."""

    def live_week(self) -> None:
        """Stay at home."""


def test_a_kind_of_person_can_be_replaced_by_ones_own(case_of):
    """Subclass a person, name it in ``kinds`` of a subclass of the model: nothing else is needed."""

    class QuietModel(CoproductionModel):
        kinds = (Silent, Professional, Leader)

    quiet = lived(QuietModel(case=case_of(), seed=5), 12)
    assert len(quiet.agents_by_type[Silent]) == 24
    assert quiet.projects[0].encounters == 0
    assert lived(CoproductionModel(case=case_of(), seed=5), 12).projects[0].encounters > 0


def test_a_model_can_be_subclassed_to_change_the_week(case_of):
    class Idle(CoproductionModel):
        """Nobody lives through anything."""

        def live_project_week(self, project, where):
            del project, where

    idle = lived(Idle(case=case_of(), seed=5), 3)
    assert idle.projects[0].encounters == 0


def test_processes_are_told_in_one_place(monkeypatch, case_of):
    """A reader who steps through the week meets the tellings of both engines, not copies of them."""
    told = []
    meeting = mesa_model.meeting
    monkeypatch.setattr(mesa_model, "meeting", lambda *given: told.append(given[4]) or meeting(*given))
    lived(CoproductionModel(case=case_of(), seed=5), 12)
    assert told == [4, 8, 12]
