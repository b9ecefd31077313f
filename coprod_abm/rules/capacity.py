"""Capacity: workload, buffering, burnout and staff turnover (E15, E16)."""

from dataclasses import dataclass
from typing import ClassVar

from coprod_abm.arithmetic import raised
from coprod_abm.causes import Link
from coprod_abm.compiled import rule
from coprod_abm.declare import Family, param
from coprod_abm.year import YEAR


@dataclass
class Capacity(Family):
    """Parameters of workload and strain among professionals."""

    family: ClassVar[str] = "capacity"

    workload: float = param(
        1.0,
        low=0,
        high=2,
        unit="ratio",
        meaning="ordinary demand on a professional's hours relative to capacity",
        source="assumption; events raise it",
    )
    workload_noise: float = param(
        0.4,
        low=0,
        high=1,
        unit="ratio",
        meaning="width of the weekly variation of demand",
        source="assumption",
    )
    encounter_minutes: float = param(
        10.0,
        low=0,
        high=60,
        unit="minutes",
        meaning="extra time that a shared encounter takes",
        source="Couët 2015, 10.1111/hex.12054: longer consultations go with more sharing (sign)",
    )
    buffering: float = param(
        0.2,
        low=0,
        high=1,
        unit="share",
        meaning="share of overload that leaders take off professionals",
        source="assumption",
    )
    burnout_rate: float = param(
        0.24,
        low=0,
        high=1,
        unit="per week and relative overload",
        meaning="how fast overload burns people out (βB)",
        source="Veldhuis 2020, 10.3390/ijerph17165964 (form)",
    )
    burnout_recovery: float = param(
        0.02,
        low=0,
        high=1,
        unit="per week",
        meaning="share of burnout that heals in a week (ρB)",
        source="Homer 1985, System Dynamics Review 1:42–62 (form)",
    )
    staff_turnover: float = param(
        0.2,
        low=0,
        high=0.6,
        unit="per year",
        meaning="professionals who leave the service in a year at middling burnout",
        source="Skills for Care 2022/23: 28 % social care, 10 % NHS nurses",
    )
    leader_turnover: float = param(
        0.18,
        low=0,
        high=0.6,
        unit="per year",
        meaning="leaders who are replaced in a year",
        source="King's Fund & NHS Providers 2018: 54 % of directors appointed in three years",
    )
    turnover_burnout: float = param(
        1.0,
        low=0,
        high=4,
        unit="ratio per unit",
        meaning="how much burnout above .25 raises turnover",
        source="assumption",
    )
    strength: float = param(
        1.0,
        low=0,
        high=1,
        unit="strength",
        meaning="how far demand and burnout differ and move; 0 holds demand at capacity and burnout at its mean",
        source="a switch for rival theories",
    )


@rule
def weekly_demand(capacity: float, workload: float, noise: float, draw: float, extra_hours: float) -> float:
    """A professional's demand in a week, hours; ``draw`` in (0, 1) places the week within the usual variation.

    >>> weekly_demand(40.0, 1.0, 0.2, 0.5, 2.0)
    42.0
    """
    return capacity * (workload + noise * (draw - 0.5)) + extra_hours


@rule
def overload(demand: float, capacity: float, buffering: float) -> float:
    """Demand beyond capacity as a share of capacity, after leaders' buffering.

    >>> overload(50.0, 40.0, 0.2)
    0.2
    """
    return (1.0 - buffering) * max(0.0, demand - capacity) / capacity


@rule
def revised_burnout(burnout: float, overload_share: float, safety: float, rate: float, recovery: float) -> float:
    """Burnout a week later (E15): B + βB·overload·(1−B)(1−ψ/2) − ρB·B; no week burns out more than what is left.

    >>> revised_burnout(0.5, 0.0, 0.5, 0.1, 0.02)
    0.49
    """
    return raised(burnout, min(1.0, rate * overload_share * (1.0 - safety / 2.0))) - recovery * burnout


@rule
def turnover_chance(yearly: float, burnout: float, from_burnout: float) -> float:
    """Weekly chance that a member of staff leaves (E16): the yearly rate spread over the weeks, scaled by burnout around .25.

    >>> turnover_chance(0.26, 0.25, 1.0)
    0.005
    """
    return min(1.0, yearly / YEAR * max(0.0, 1.0 + from_burnout * (burnout - 0.25)))


LINKS = (
    Link("attendance", "workload", +1, "weekly_demand.extra_hours"),
    Link("shared encounters", "workload", +1, "weekly_demand.extra_hours"),
    Link("workload", "burnout", +1, "overload.demand"),
    Link("safety", "burnout", -1, "revised_burnout.safety"),
    Link("burnout", "staff turnover", +1, "turnover_chance.burnout"),
)
