"""The cells of the map in plain words."""

import numpy as np

from coprod_abm.case import Case
from coprod_abm.experiments.pack.guide import case_name
from coprod_abm.experiments.pack.map_rows import OUTCOMES, CasesMap, Row, level_of
from coprod_abm.experiments.pack.words import PackWords
from coprod_abm.year import YEAR

TEXTS = ("measurement", "mechanisms", "management", "model")
GROUPED = {  # rule families by the M that they belong to
    "mechanisms": ("representation", "reciprocity", "learning"),
    "management": ("leadership", "capacity"),
    "model": ("power",),
}


def texts_of(row: Row, words: PackWords) -> dict[str, str]:
    """What stands in the cells of a case: its name, then the four Ms."""
    preset = {family: lower(words.preset(family, name)[0]) for family, name in row.presets.items()}
    told = {
        key: words.tell(f"map.{key}", **{family: preset[family] for family in families})
        for key, families in GROUPED.items()
    }
    told["model"] = " ".join(part for part in (told["model"], seats_told(row, words), own_told(row, words)) if part)
    return {"case": case_told(row, words), "measurement": figures_told(row.place.case, words), **told}


def meanings_of(row: Row, words: PackWords) -> dict[str, str]:
    """What the rules of a case mean, for the Ms that are rules."""
    means = {family: words.preset(family, name) for family, name in row.presets.items()}
    told = {
        key: words.tell(
            f"map.usual.{key}", **{family: lower(means[family][1] or means[family][0]) for family in families}
        )
        for key, families in GROUPED.items()
    }
    told["model"] = " ".join(part for part in (told["model"], seats_told(row, words), own_told(row, words)) if part)
    return told


def own_told(row: Row, words: PackWords) -> str:
    """How many parameters are set beside presets; empty where there are none."""
    if not row.own:
        return ""
    return words.tell("map.own_one") if row.own == 1 else words.tell("map.own", n=row.own)


def seats_told(row: Row, words: PackWords) -> str:
    """Citizens' share of the seats, where they are as the case's file states."""
    case = row.place.case
    if case is None or row.presets["power"] != "default" or row.own:
        return ""
    return words.tell("map.seats", seats=round(100 * seat_share(case)))


def case_told(row: Row, words: PackWords) -> str:
    """Name and level of a case."""
    level = words.tell(f"map.level.{level_of(row.place).name}")
    return words.tell("map.case", name=case_name(row.place, words), level=level)


def size_told(row: Row, words: PackWords) -> str:
    """Projects, people and events of a case."""
    case = row.place.case
    events = words.tell("map.events_one") if row.events == 1 else words.tell("map.events", n=row.events)
    if case is None:
        return events if row.events else ""
    projects = words.tell(f"map.project_{'one' if len(case.sites) == 1 else 'many'}", n=len(case.sites))
    size = words.tell("map.projects", projects=projects, people=words.number(case.people, decimals=0))
    return words.tell("map.size", size=size, events=events) if row.events else size


def figures_told(case: Case | None, words: PackWords) -> str:
    """How many published figures there are to compare with."""
    if case is None or case.measures.empty:
        return words.tell("map.figures_none")
    years = [case.start + week / YEAR for week in (case.measures["week"].min(), case.measures["week"].max())]
    return words.tell(
        "map.figures",
        measures=case.measures["measure"].nunique(),
        figures=len(case.measures),
        first=int(years[0]),
        last=int(years[1]),
    )


def seat_share(case: Case) -> float:
    """Citizens' share of the seats that a case's file states."""
    seats = [
        (site.citizen_seats, site.citizen_seats + site.professional_seats + site.leader_seats) for site in case.sites
    ]
    return sum(own for own, _ in seats) / sum(all_of for _, all_of in seats)


def lower(text: str) -> str:
    """A name inside a sentence."""
    return text[:1].lower() + text[1:]


def value_told(row: Row, key: str, words: PackWords) -> tuple[str, str]:
    """An outcome and its band as a cell says them."""
    one = row.outcomes.get(key)
    if one is None or not np.isfinite(one.mean):
        return words.tell("map.no_value"), ""
    name = OUTCOMES[key]
    return words.amount(name, one.mean), words.tell(
        "score.gap", gap="", low=words.amount(name, one.low), high=words.amount(name, one.high)
    ).strip()


def source_told(found: CasesMap, words: PackWords) -> str:
    """What the numbers rest on; defaults and draws are both said."""
    told = words.tell("guide.draws", draws=found.draws["draws"]) if found.draws else words.tell("guide.defaults")
    return words.tell("map.source", runs=found.replicates, parameters=told, version=found.version, seed=found.seed)
