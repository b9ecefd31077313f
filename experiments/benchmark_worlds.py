"""Cases to measure on: one project whose constituency grows, and a country whose citizens share many projects."""

from coprod_abm.case import Case, Level, Site
from coprod_abm.parameters import Parameters
from coprod_abm.world import World, world_of

REGIONS = 21
PROJECTS = 290  # as many as Sweden has municipalities
CITIZENS_PER_PROFESSIONAL = 10  # 300 citizens and 30 professionals, the defaults of a case


def site_of(name: str, region: str, citizens: int) -> Site:
    """A local project with that many citizens, professionals in proportion, and seats for no more than there are people."""
    professionals = max(1, citizens // CITIZENS_PER_PROFESSIONAL)
    return Site(
        name,
        Level.local,
        region,
        citizens,
        professionals,
        citizen_seats=min(6, citizens),
        professional_seats=min(5, professionals),
    )


def one_project(citizens: int) -> Case:
    """A case with one local project."""
    return case_of("one-project", (site_of("project", "R0", citizens),))


def country(citizens: int) -> Case:
    """A case with one nation, 21 regions and 290 local projects that share the citizens evenly."""
    share, rest = divmod(citizens, PROJECTS)
    sites = (site_of(f"project {j}", f"R{j % REGIONS}", share + (j < rest)) for j in range(PROJECTS))
    return case_of("country", tuple(sites))


def case_of(name: str, sites: tuple[Site, ...]) -> Case:
    """A case of these sites under the default rules, without events or published figures."""
    return Case(id=name, name=name, country="XX", level=Level.local, start=2020, sites=sites)


def default_world(case: Case) -> World:
    """The world of one case under the default parameters."""
    return world_of([case], Parameters())


def bytes_per_person(world: World) -> float:
    """Bytes of all arrays of a world over its people."""
    return sum(part.nbytes for part in world) / len(world.people)
