"""The readable engine: a Mesa model in which every person is an agent and every process a method one can step into.

It follows the same week as the core and calls the same rules and tellings, on objects instead of records; both engines give
the same numbers to the last bit. It is for reading, debugging, teaching and extending; runs by the thousand belong to
:func:`coprod_abm.simulate`.
"""

from collections.abc import Mapping
from typing import Any

import mesa
import numpy as np
from mesa.agent import AgentSet

from coprod_abm.beginning import begin_world
from coprod_abm.case import Case
from coprod_abm.delivery import begin_effort, deliver, give_effort, may_end
from coprod_abm.draws import PEOPLE_AT_ONCE, PROJECT_ROLE, STREAM, four_uniforms, name_of, replicate_seed, uniform
from coprod_abm.encounter import chance_to_speak, encounter, professional_met
from coprod_abm.events import changes_parameter, happen
from coprod_abm.ledger import CAUSE, note_beginning, note_changes, note_encounter, note_project
from coprod_abm.levels import SOCIAL_BLOCKS, learn_between_levels, learn_from_insiders, shift_reality, socialise
from coprod_abm.log import Log
from coprod_abm.measures import BINS, DISTRIBUTIONS, MEASURES, NAMES, mean_over_projects
from coprod_abm.meeting import meeting
from coprod_abm.membership import (
    begin_membership,
    fill_citizen_seats,
    fill_staff_seats,
    let_members_leave,
    replace_staff,
    user_leader_week,
)
from coprod_abm.observation import observe
from coprod_abm.parameters import Parameters, declarations
from coprod_abm.simulate import MONTHLY, MOST_WEEKS, Cases, as_cases, check_parameters, check_run, run_once
from coprod_abm.state import EMPTY, PERSON_FIELDS, PLACE_FIELDS, PROJECT_FIELDS, ROOM, ROOM_FIELDS, Field
from coprod_abm.week import (
    citizen_month,
    concerns,
    fade_tallies,
    is_month,
    lead_month,
    lead_week,
    meets_today,
    staff_week,
    value_after,
)
from coprod_abm.world import world_of


def take_fields(owner: Any, fields: tuple[Field, ...], record: Any) -> None:
    """Give an object the fields of a record as plain Python numbers and lists."""
    for field in fields:
        value = record[field.name]
        setattr(owner, field.name, value.tolist())


class Thing:
    """A project, region or nation with the fields of its record as attributes."""

    def __getattr__(self, name: str) -> Any:  # the fields are listed in coprod_abm.state
        raise AttributeError(f"a {type(self).__name__} has no field {name!r}")

    def __init__(self, fields: tuple[Field, ...], record: Any) -> None:
        take_fields(self, fields, record)


class Person(mesa.Agent):
    """A place in the population and whoever fills it; a newcomer to a post keeps the post's number."""

    def __init__(self, model: "CoproductionModel", where: int, record: Any) -> None:
        super().__init__(model)
        take_fields(self, PERSON_FIELDS, record)
        self.where = where
        self.place = EMPTY  # its place in the run, by which records name it
        self.project = model.projects[where]

    @property
    def rules(self) -> Parameters:
        """The parameters that apply where this person lives or works."""
        rules: Parameters = self.model.rules[self.where]
        return rules

    @property
    def name(self) -> int:
        """The name of this person in every random draw."""
        return name_of(self.project.key, self.role, self.number)


class Citizen(Person):
    """A citizen of the constituency, perhaps a member of the project."""

    def live_week(self) -> None:
        """Meet a professional, if this is a week with contact (E0)."""
        contact, stays, lot, _ = four_uniforms(self.model.run_seed, STREAM.contact, self.name, self.model.week, 0)
        if contact < self.rules.participation.contact:
            self.meet(professional_met(self, self.project, self.rules, stays, lot))

    def meet(self, number: int) -> bool:
        """Have an encounter with the professional of that number; returns whether power was shared."""
        professional = self.model.professionals_of(self.project)[number]
        model = self.model
        speaking = chance_to_speak(self, professional, self.project, self.rules)
        first = four_uniforms(model.run_seed, STREAM.encounter, self.name, model.week, 0)
        second = four_uniforms(model.run_seed, STREAM.encounter, self.name, model.week, 1)
        shared = encounter(self, professional, self.project, self.rules, speaking, *first, *second)
        if model.log is not None:
            met = (self.place, self.group, professional.place, speaking, shared)
            note_encounter(model.log, self.project, model.week, *met)
        return shared

    def live_month(self) -> None:
        """Let ties fade and trust and efficacy follow what the service and one's group achieve."""
        citizen_month(self, self.project, self.rules)

    def learn_month(self) -> None:
        """As a member, move towards the service as it is run."""
        if self.member:
            socialise(self, self.project, self.rules, self.model.run_seed, self.model.week, self.model.lots)


class Staff(Person):
    """Someone who works for the service."""

    def work_week(self) -> None:
        """Face the week's demand and what it does to burnout (E15)."""
        draw = uniform(self.model.run_seed, STREAM.workload, self.name, self.model.week, 0)
        staff_week(self, self.project, self.rules, draw)

    def learn_month(self) -> None:
        """Move towards the service as it is run."""
        socialise(self, self.project, self.rules, self.model.run_seed, self.model.week, self.model.lots)


class Professional(Staff):
    """A professional of the service."""


class Leader(Staff):
    """A leader; number 0 is the senior sponsor, number 1 chairs."""


KINDS: tuple[type[Person], ...] = (Citizen, Professional, Leader)


class CoproductionModel(mesa.Model):
    """One run of a case (or of several in one world) as a Mesa model.

    Attributes:
        week: weeks lived so far; projects, regions, nations: objects with the fields of :mod:`coprod_abm.state`.
        people: everyone, in the order of the core's array; rules: the parameters of each project.
        datacollector: every measure, at week 0 and every ``every`` weeks, under the names that ``simulate`` uses.

    ``overrides`` are parameters by dotted name that win over a case's rules, so that :func:`mesa.batch_run` can vary them:
    ``{"case": "EN-LPFT", "power.agenda_access": [0.1, 0.9]}``. Replicate r of ``simulate(seed=s)`` is
    ``CoproductionModel(seed=s, replicate=r)``.

    With ``log`` (see :func:`coprod_abm.log.empty_log`) it writes the same records as the core.

    Without ``seed`` and ``rng`` a fresh seed is drawn and kept as ``seed``. To give people behaviour of your own, subclass
    an agent and name it in ``kinds`` of a subclass of this model.

    Raises:
        ParameterError, CaseError, RunError: as in :func:`coprod_abm.simulate`.
    """

    kinds: tuple[type[Person], ...] = KINDS

    def __init__(
        self,
        params: Parameters | None = None,
        case: Cases = "EN-LPFT",
        seed: int | None = None,
        replicate: int = 0,
        every: int = MONTHLY,
        rng: Any = None,
        agent_reporters: Mapping[str, Any] | None = None,
        log: Log | None = None,
        **overrides: Any,
    ) -> None:
        given: Any = rng if seed is None else seed
        checkable: Any = given if isinstance(given, (int, float, str, np.integer)) else 1
        check_run(replicate + 1, MOST_WEEKS, every, 1, checkable)
        check_parameters(Parameters() if params is None else params)
        super().__init__(rng=given)
        self.seed = int(given) if isinstance(given, int | np.integer) else int(self.rng.integers(2**31))
        self.run_seed = replicate_seed(self.seed, replicate)
        self.every = every
        self.week = 0
        self.log = log
        self.lots = np.empty((4, SOCIAL_BLOCKS))
        self.row = np.empty(PEOPLE_AT_ONCE)
        self._lay_out(Parameters() if params is None else params, as_cases(case), overrides)
        begin_world(self.people, self.projects, self.regions, self.nations, self.rules, self.run_seed)
        for project, p in zip(self.projects, self.rules, strict=True):
            begin_membership(self.people, project, p, self.run_seed, self._name(project))
            begin_effort(self.people, project, p)
            if log is not None:
                note_beginning(log, self.people, project)
        self.datacollector = mesa.DataCollector(
            model_reporters={"week": "week", **{name: _reporter(name) for name in NAMES}},
            agent_reporters=dict(agent_reporters) if agent_reporters else None,
        )
        self.datacollector.collect(self)

    def _lay_out(self, params: Parameters, cases: list[Case], overrides: Mapping[str, Any]) -> None:
        world = world_of(cases, params, overrides)
        self.events = list(world.events.view(np.recarray))
        self.projects = [Thing(PROJECT_FIELDS, record) for record in world.projects]
        self.regions = [Thing(PLACE_FIELDS, record) for record in world.regions]
        self.nations = [Thing(PLACE_FIELDS, record) for record in world.nations]
        self.room = Thing(ROOM_FIELDS, np.zeros(1, ROOM)[0])
        self.rules = [params.replace(cases[project.case].rules).replace(overrides) for project in self.projects]
        self.people = [
            self.kinds[role](self, where, world.people[0])
            for where, project in enumerate(self.projects)
            for role, count in enumerate((project.citizens, project.professionals, project.leaders))
            for _ in range(count)
        ]
        for place, person in enumerate(self.people):
            person.place = place
        self._roles = {
            (id(project), kind): AgentSet(
                [person for person in self.people if person.project is project and isinstance(person, kind)],
                random=self.random,
            )
            for project in self.projects
            for kind in (Citizen, Professional, Staff)
        }
        self._professionals = {id(project): list(self._roles[id(project), Professional]) for project in self.projects}

    def professionals_of(self, project: Thing) -> list[Professional]:
        """The professionals of a project in order of number."""
        return self._professionals[id(project)]

    def step(self) -> None:
        """Live one week in the order of :data:`coprod_abm.week.PROCESSES`."""
        self.week += 1
        self.let_events_happen()
        shift_reality(self.projects, self.regions, self.nations, self.rules, self.run_seed, self.week)
        for where, project in enumerate(self.projects):
            self.live_project_week(project, where)
        if is_month(self.week):
            for where, project in enumerate(self.projects):
                self.live_project_month(project, where)
            learn_between_levels(self.projects, self.regions, self.nations, self.rules, self.run_seed, self.week)
            if self.log is not None:
                for project in self.projects:
                    note_changes(self.log, project, self.week)
        if self.week % self.every == 0:
            self.datacollector.collect(self)

    def let_events_happen(self) -> None:
        """Apply the week's events to the projects they concern."""
        for event in self.events:
            for where, project in enumerate(self.projects):
                if event.week == self.week and concerns(event, project, where):
                    if not changes_parameter(event):
                        happen(event, self.people, project, self.rules[where], self.week, self.log)
                    else:
                        key = list(declarations())[event.parameter]
                        value = value_after(event, self.rules[where].values()[key])
                        self.rules[where] = self.rules[where].replace({key: float(value)})

    def live_project_week(self, project: Thing, where: int) -> None:
        """One week of a project: turnover, recruitment, work, encounters, meeting, delivery."""
        people, p, seed, week = self.people, self.rules[where], self.run_seed, self.week
        if self.log is not None:
            note_project(self.log, people, project, week, CAUSE.removed)
        fade_tallies(project)
        lead_week(project, p, seed, week)
        replace_staff(people, project, p, seed, week, self.row)
        let_members_leave(people, project, p, seed, week)
        if self.log is not None:
            note_project(self.log, people, project, week, CAUSE.left)
        fill_citizen_seats(people, project, p, seed, week, self._name(project))
        fill_staff_seats(people, project, seed, week, self._name(project))
        if self.log is not None:
            note_project(self.log, people, project, week, CAUSE.filled)
        user_leader_week(people, project, p, seed, week)
        self._roles[id(project), Staff].do("work_week")
        self._roles[id(project), Citizen].do("live_week")
        if meets_today(project, p, week):
            meeting(people, project, p, seed, week, self.room, self.log)
        give_effort(people, project, p)
        deliver(people, project, p, seed, week, self.log)
        if self.log is not None:
            note_changes(self.log, project, week)
        may_end(people, project, p, seed, week, self.log)
        if self.log is not None:
            note_project(self.log, people, project, week, CAUSE.ended)

    def live_project_month(self, project: Thing, where: int) -> None:
        """The monthly processes of a project."""
        citizens = self._roles[id(project), Citizen]
        citizens.do("live_month")
        lead_month(project, self.rules[where])
        citizens.do("learn_month")
        self._roles[id(project), Staff].do("learn_month")
        learn_from_insiders(self.people, project, self.rules[where], self.run_seed, self.week)

    def measures(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Every measure now, shape (projects, measures), in the order of ``coprod_abm.measures.NAMES``."""
        return self.observed()[0]

    def measure(self, name: str) -> float:
        """One measure now, the mean over projects, as ``simulate`` reports it."""
        if getattr(self, "_observed_week", None) != self.week:
            self._observed, self._observed_week = self.measures(), self.week
        return float(mean_over_projects(self._observed)[NAMES.index(name)])

    def observed(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Measures (project, measure) and distributions (project, distribution, bin) as they stand now."""
        seen = np.full((len(self.projects), len(MEASURES)), np.nan)
        counts = np.zeros((len(self.projects), len(DISTRIBUTIONS), BINS), np.int64)
        for where in range(len(self.projects)):
            observe(self.people, self.projects, self.regions, self.nations, where, seen[where], counts[where])
        return seen, counts

    def _name(self, project: Thing) -> int:
        return name_of(project.key, PROJECT_ROLE, 0)


def _reporter(name: str) -> Any:
    return lambda model: model.measure(name)


def differences(params: Parameters, case: Cases, seed: int = 1, weeks: int = 26, replicate: int = 0) -> list[str]:
    """Where the two engines disagree after that many weeks: one line per field, empty when equal to the last bit."""
    model = CoproductionModel(params, case, seed=seed, replicate=replicate, every=1)
    for _ in range(weeks):
        model.step()
    outcome = run_once(world_of(as_cases(case), params), replicate_seed(seed, replicate), weeks, 1)
    found = []
    for label, things, records, fields in (
        ("people", model.people, outcome.world.people, PERSON_FIELDS),
        ("projects", model.projects, outcome.world.projects, PROJECT_FIELDS),
        ("regions", model.regions, outcome.world.regions, PLACE_FIELDS),
        ("nations", model.nations, outcome.world.nations, PLACE_FIELDS),
    ):
        for field in fields:
            mine = np.array([getattr(thing, field.name) for thing in things]).reshape(records[field.name].shape)
            apart = int((mine != records[field.name]).sum())
            if apart:
                found.append(f"{label}.{field.name}: {apart} values differ")
    frame = model.datacollector.get_model_vars_dataframe()
    for place, name in enumerate(NAMES):
        mine, theirs = frame[name].to_numpy(dtype=float), mean_over_projects(outcome.seen)[:, place]
        if not np.array_equal(mine, theirs, equal_nan=True):
            found.append(f"measure {name} differs")
    if not np.array_equal(model.observed()[1], outcome.counts[-1]):
        found.append("distributions differ")
    return found
