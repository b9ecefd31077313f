"""Learning: from experience, within a project, and between projects, regions and nations (E11, E17)."""

from dataclasses import dataclass
from typing import ClassVar

from coprod_abm.arithmetic import within_unit
from coprod_abm.compiled import rule
from coprod_abm.declare import Family, param


@dataclass
class Learning(Family):
    """Parameters of learning and of the turbulence that makes it necessary."""

    family: ClassVar[str] = "learning"

    experience: float = param(
        0.3,
        low=0,
        high=1,
        unit="probability",
        meaning="chance to learn the truth about a feature of the service on meeting it (φ)",
        source="assumption",
    )
    socialisation: float = param(
        0.01,
        low=0,
        high=1,
        unit="per month and feature",
        meaning="chance that a member's or professional's belief moves one step to how the service is run (p1)",
        source="March 1991 (form); low so that experience keeps its say",
    )
    organisation_learns: float = param(
        0.0,
        low=0,
        high=1,
        unit="per month",
        meaning="chance per unit of lead that the service adopts the view of its better-informed people unprompted (p2)",
        source="March 1991; 0 where changes go through meetings",
    )
    code_learns: float = param(
        0.05,
        low=0,
        high=1,
        unit="per month",
        meaning="chance per unit of lead that a region's or nation's code takes the view of better projects (p2)",
        source="March 1991, p2 (form)",
    )
    code_teaches: float = param(
        0.05,
        low=0,
        high=1,
        unit="per month",
        meaning="chance, times sponsor support, that a project takes up one difference from the code (p1)",
        source="March 1991, p1 (form)",
    )
    between_projects: float = param(
        0.03,
        low=0,
        high=1,
        unit="per month",
        meaning="chance that a project takes up one difference from a better project of its region",
        source="assumption; Lazer & Friedman 2007 (form)",
    )
    support_from_above: float = param(
        0.2,
        low=0,
        high=1,
        unit="share",
        meaning="how much of the level to which a sponsor's support returns is that of the region or nation above",
        source="assumption",
    )
    support_from_success: float = param(
        0.2,
        low=0,
        high=1,
        unit="share",
        meaning="what a region or nation adds to its support when its projects keep all promises instead of half",
        source="assumption",
    )
    support_rate: float = param(
        0.1,
        low=0,
        high=1,
        unit="per month",
        meaning="step of a region's or nation's support towards its level",
        source="assumption: half of the way in half a year",
    )
    turbulence: float = param(
        0.0005,
        low=0,
        high=0.02,
        unit="per feature and week",
        meaning="chance that what works changes",
        source="assumption; above .001 it swamps learning",
    )
    levels_strength: float = param(
        1.0,
        low=0,
        high=1,
        unit="strength",
        meaning="how far projects, regions and nations learn from each other and hear of support; 0 keeps them apart",
        source="a switch for rival theories",
    )


@rule
def is_own_domain(role: int, group: int, feature_kind: int, feature_group: int) -> bool:
    """Whether a feature lies in what a person knows from living or working with it (E4, E5).

    Roles 0 citizen, 1 professional, 2 leader match kinds 0 experiential, 1 technical, 2 organisational; an experiential
    feature of one identity group is known only to that group (``feature_group`` −1 is common to all).

    >>> is_own_domain(0, 1, 0, 1), is_own_domain(0, 1, 0, 2), is_own_domain(1, 0, 1, -1)
    (True, False, True)
    """
    if role != feature_kind:
        return False
    return role != 0 or feature_group < 0 or feature_group == group


@rule
def code_change_chance(lead: int, per_unit: float) -> float:
    """Chance that a code takes up a majority view ahead by ``lead`` voices, 1 − (1−p2)^lead (E17; March 1991).

    >>> code_change_chance(2, 0.5)
    0.75
    """
    stays = 1.0
    for _ in range(lead):
        stays = stays * (1.0 - per_unit)
    return 1.0 - stays


@rule
def majority_view(views_for: int, views_against: int) -> int:
    """The majority's sign among views for and against, 0 where they are equal.

    >>> majority_view(3, 1), majority_view(1, 1), majority_view(0, 2)
    (1, 0, -1)
    """
    if views_for > views_against:
        return 1
    if views_against > views_for:
        return -1
    return 0


@rule
def support_of_place(sponsors: float, success: float, from_success: float) -> float:
    """The support a region or nation comes to on its own: its sponsors', more where promises are seen to be kept (E17).

    ``success`` is the share of promises kept; half of them kept neither adds nor takes away.

    >>> support_of_place(0.5, 1.0, 0.2), support_of_place(0.5, 0.5, 0.2), support_of_place(0.75, 1.0, 1.0)
    (0.6, 0.5, 1.0)
    """
    return within_unit(sponsors + from_success * (success - 0.5))


@rule
def with_support_above(own: float, above: float, share: float) -> float:
    """A level of support of which ``share`` follows the region or nation above (E17).

    >>> with_support_above(0.5, 1.0, 0.25), with_support_above(0.5, 1.0, 0.0)
    (0.625, 0.5)
    """
    return own + share * (above - own)
