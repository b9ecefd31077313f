"""Events happen to a run without taking the word from whoever studies the parameter they touch."""

import numpy as np
import pandas as pd
import pytest

from coprod_abm import CoproductionModel, Parameters, evaluate
from coprod_abm.case import CaseError, Event, load_case
from coprod_abm.mesa_model import differences

WORKLOAD = "capacity.workload"


def workload_at(case, week, **overrides):
    model = CoproductionModel(case=case, seed=1, **overrides)
    for _ in range(week):
        model.step()
    return model.rules[0].capacity.workload


def test_an_added_event_moves_a_parameter_from_where_the_run_has_it(case_of):
    case = case_of(events=(Event(3, "add", 0.05, WORKLOAD), Event(6, "add", -0.05, WORKLOAD)))
    assert workload_at(case, 2, **{WORKLOAD: 1.3}) == 1.3
    assert workload_at(case, 3, **{WORKLOAD: 1.3}) == pytest.approx(1.35)
    assert workload_at(case, 6, **{WORKLOAD: 1.3}) == pytest.approx(1.3)


def test_an_added_event_stays_within_the_declared_range(case_of):
    case = case_of(events=(Event(1, "add", 5.0, WORKLOAD),))
    assert workload_at(case, 1) == 2.0
    assert differences(Parameters(), case, 1, 4) == []


def test_engines_agree_under_every_kind_of_event_at_one_site_or_all(case_of, site_of):
    sites = (site_of("one"), site_of("two"))
    events = (
        Event(2, "set", 1.5, WORKLOAD, "two"),
        Event(3, "add", 0.2, WORKLOAD),
        Event(5, "set", "consensus", "power.decision_rule"),
        Event(8, "sponsor_leaves", site="one"),
    )
    assert differences(Parameters(), case_of(*sites, events=events), 1, 12) == []


@pytest.mark.parametrize("name", ["EN-LPFT", "EN-LON", "SE-JKP"])
def test_a_study_of_workload_is_not_silenced_by_the_pandemic_of_a_shipped_case(name):
    points = pd.DataFrame({WORKLOAD: [0.8, 1.3]})
    burnout = evaluate(points, name, ["staff_burnout"], replicates=3, common_seeds=True)["staff_burnout"]
    assert np.diff(burnout.to_numpy())[0] > 0.2
    assert {event.kind for event in load_case(name).events} == {"add"}


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (("add", 1.0, "power.decision_rule"), "structural choice"),
        (("add", float("nan"), WORKLOAD), "Give a number"),
        (("add", 0.1, "capacity.workloadd"), "Did you mean 'capacity.workload'?"),
        (("set", 0.5, "power.citizen_seat_share"), "shapes the start"),
        (("set", 0.5, "population.burnout"), "shapes the start"),
    ],
)
def test_an_event_that_could_do_nothing_or_nonsense_is_refused(event, told):
    kind, value, parameter = event
    with pytest.raises(CaseError, match=r"parameter|value") as refused:
        Event(3, kind, value, parameter)
    assert told in str(refused.value)
