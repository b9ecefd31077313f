"""What a sensitivity study says in plain words, in each language, made from the numbers of its tables alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from coprod_abm.experiments.figure_sensitivity_table import (
    FIRST,
    SHARES,
    StudyTables,
    at_end,
    at_place,
    facts_told,
    first_row,
    of_index,
    places,
    ranked_by,
    read_study,
    real_pairs,
    records,
    told_apart,
)
from coprod_abm.experiments.sensitivity_words_runs import convergence_sentence, fixing_sentences, noise_sentence
from coprod_abm.experiments.study_names import DUMMY, Names

MOST = 4  # things that one sentence names
STRONG = 0.5  # of the strongest: a parameter that is called strong in the plane
INTERPLAY = 2.0  # total over first effect from which a parameter is said to work mostly with others


def report_words(folder: Path, language: str) -> str:
    """The report of a study as Markdown: luck, what matters, when, with what, and how sure; what is absent is left out."""
    study, names = read_study(Path(folder)), Names(language)
    parts = [f"# {names.text('report.title')}", *facts_sentences(study, names)]
    head = len(parts)
    parts += section(names, "noise", [noise_sentence(study.noise, names)])
    for place in places(study.indices):
        own = at_place(study.indices, place)
        told = [strongest_sentence(each, names) for _, each in at_end(own).groupby("method", sort=False)]
        over = [time_sentence(each, names) for _, each in own.groupby("method", sort=False)]
        pairs = at_end(at_place(study.interactions, place))
        parts += section(names, "strongest", told, place)
        parts += section(names, "time", over, place)
        parts += section(names, "pairs", [pairs_sentence(pairs, names)], place)
    parts += section(names, "convergence", [convergence_sentence(study.convergence, study, names)])
    parts += section(names, "fixing", fixing_sentences(study.fixing, names))
    pictures = [f"![{file.stem}](figures/{file.name})" for file in sorted((Path(folder) / "figures").glob("*.png"))]
    return "\n\n".join([*parts, *pictures] if len(parts) > head else [*parts, names.text("report.no_tables")]) + "\n"


def facts_sentences(study: StudyTables, names: Names) -> list[str]:
    """Method, runs, replicates and seed of a study, and the outcomes that have no index."""
    told = [facts_told(study, study.indices, names)] if len(study.indices) else []
    refused = study.facts.get("refused") or {}
    if refused:
        told.append(names.text("report.refused", count=len(refused), outcomes="; ".join(refused)))
    return told


def section(names: Names, key: str, told: Sequence[str], place: tuple[str, str] | None = None) -> list[str]:
    """A heading with its sentences; nothing where there is none."""
    said = [sentence for sentence in told if sentence]
    where = f": {names.place(*place)}" if place else ""
    return [f"## {names.text(f'report.{key}')}{where}", "\n\n".join(said)] if said else []


def shown_value(index: str, value: float, names: Names) -> str:
    """A value of an index: a percentage of differences, or a number."""
    return names.percent(value) if index in SHARES else names.value(value)


def shown_span(index: str, row: Any, names: Names) -> str:
    """The interval of an index in words."""
    return names.span(shown_value(index, row["low"], names), shown_value(index, row["high"], names))


def strongest_sentence(rows: pd.DataFrame, names: Names) -> str:
    """Which parameter moves which measure most, and where nothing can be told from luck."""
    index = ranked_by(rows)
    if not index:
        return ""
    found: dict[str, list[str]] = {}
    luck, unsure, weak, total = [], [], 0, 0
    for measure, own in rows.groupby("measure", sort=False):
        ranked = of_index(own, index)
        clear = told_apart(ranked)
        real = int((ranked["parameter"] != DUMMY).sum())
        weak, total = weak + real - len(clear), total + real
        if not len(clear):
            luck.append(names.measure(str(measure)))
            continue
        first = first_row(clear)
        others = ranked[~ranked["parameter"].isin([DUMMY, first["parameter"]])]
        unsure += [names.measure(str(measure))] * bool((others["high"] >= first["low"]).any())
        told = names.text(
            "sentences.strongest_of", measure=names.measure(str(measure)),
            value=shown_value(index, first["value"], names), range=shown_span(index, first, names),
        )  # fmt: skip
        found.setdefault(str(first["parameter"]), []).append(told)
    if not found:
        return names.text("sentences.only_luck_all")
    said = [
        names.text("sentences.strongest", name=names.parameter(name), measures=names.listed(told))
        for name, told in found.items()
    ]
    sentences = [f"{names.capital('; '.join(said))}.", names.text(f"sentences.means_{index}")]
    beyond = index in FIRST and bool((rows.loc[rows["index"] == index, "value"] > 1.0).any())
    sentences += [names.text("sentences.unsure", measures=names.listed(unsure))] * bool(unsure)
    sentences += [names.text("sentences.beyond")] * beyond
    sentences += [names.text("sentences.some_luck", count=weak, all=total)] * bool(weak)
    sentences += [names.text("sentences.only_luck", measures=names.listed(luck))] * bool(luck)
    return " ".join([*sentences, *interplay_sentence(rows, index, names)])


def interplay_sentence(rows: pd.DataFrame, index: str, names: Names) -> list[str]:
    """The parameters whose total effect is far above what they do alone."""
    first = FIRST.get(index)
    if first is None or first not in set(rows["index"]):
        return []
    told = []
    for measure, own in rows.groupby("measure", sort=False):
        alone = own[own["index"] == first].drop_duplicates("parameter").set_index("parameter")
        for row in records(told_apart(of_index(own, index))):
            beside = first_row(alone.reindex([row.parameter]))
            if row.low > beside["high"] and row.value > INTERPLAY * max(beside["value"], 0.0):
                parts = {
                    "first": shown_value(first, beside["value"], names),
                    "total": shown_value(index, row.value, names),
                }
                one = names.text(
                    "sentences.interplay_of", name=names.parameter(str(row.parameter)),
                    measure=names.measure(str(measure)), **parts,
                )  # fmt: skip
                told.append((row.value, one))
    strongest = [one for _, one in sorted(told, reverse=True)[:2]]
    return [names.text("sentences.interplay", told="; ".join(strongest))] if strongest else []


def plane_sentence(rows: pd.DataFrame, names: Names) -> str:
    """What is strongest, and which strong parameters act unevenly."""
    uneven: list[str] = []
    for _, own in rows.groupby("measure", sort=False):
        uneven += unevenly(own)
    told = [names.parameter(name) for name in dict.fromkeys(uneven)]
    key = "uneven" if told else "even"
    second = names.capital(names.text(f"sentences.{key}", names=names.listed(told, MOST)))
    first = strongest_sentence(rows, names)
    return first if first == names.text("sentences.only_luck_all") else f"{first} {second}"


def unevenly(rows: pd.DataFrame) -> list[str]:
    """The strong parameters of one measure whose σ, without the luck in it that the dummy shows, is as large as μ*."""
    size = told_apart(of_index(rows, "mu_star")).set_index("parameter")["value"]
    sigma = rows[rows["index"] == "sigma"].drop_duplicates("parameter").set_index("parameter")["value"]
    luck = sigma.get(DUMMY, 0.0)
    strong = size[size >= STRONG * size.max()]
    return [str(name) for name, value in strong.items() if sigma.get(name, 0.0) ** 2 - luck**2 >= value**2]


def map_sentence(rows: pd.DataFrame, index: str, names: Names) -> str:
    """For each measure which parameter is strongest in how many cases."""
    where = places(rows)
    if len(where) == 1:
        return strongest_sentence(rows, names)
    told, luck = [], []
    for measure, own in rows.groupby("measure", sort=False):
        leaders = [
            clear["parameter"].iloc[0]
            for place in where
            if len(clear := told_apart(of_index(at_place(own, place), index)))
        ]
        if not leaders:
            luck.append(names.measure(str(measure)))
            continue
        first = max(dict.fromkeys(leaders), key=leaders.count)
        cases = names.text("sentences.map_cases", some=leaders.count(first), all=len(where))
        told.append(
            names.text(
                "sentences.map_of", name=names.parameter(first), measure=names.measure(str(measure)), cases=cases
            )
        )
    if not told:
        return names.text("sentences.only_luck_all")
    said = [names.text("sentences.map", told="; ".join(told)), names.text(f"sentences.means_{index}")]
    return " ".join(said + [names.text("sentences.only_luck", measures=names.listed(luck))] * bool(luck))


def time_sentence(rows: pd.DataFrame, names: Names) -> str:
    """What matters early and what late, for the measures that come first."""
    index, weeks = ranked_by(rows), sorted(set(rows["week"]))
    if not index or len(weeks) < 2:
        return ""
    told = []
    for measure, own in list(rows.groupby("measure", sort=False))[:MOST]:
        early, late = (told_apart(of_index(own[own["week"] == week], index)) for week in (weeks[0], weeks[-1]))
        facts = {"measure": names.measure(str(measure)), "early": names.when(weeks[0]), "late": names.when(weeks[-1])}
        if not len(late) or not len(early):
            told.append(half_luck(early, late, index, facts, names))
            continue
        first, last = first_row(early), first_row(late)
        facts |= {"first": shown_value(index, first["value"], names), "last": shown_value(index, last["value"], names)}
        if first["parameter"] == last["parameter"]:
            told.append(names.text("sentences.time_same", name=names.parameter(first["parameter"]), **facts))
        else:
            who = {"early_name": names.parameter(first["parameter"]), "late_name": names.parameter(last["parameter"])}
            sure = is_ahead(early, last["parameter"]) and is_ahead(late, first["parameter"])
            doubt = "" if sure else f" ({names.text('sentences.time_doubt')})"
            told.append(names.text("sentences.time_change", **who, **facts) + doubt)
    return f"{names.capital('; '.join(told))}. {names.text(f'sentences.means_{index}')}"


def half_luck(early: pd.DataFrame, late: pd.DataFrame, index: str, facts: dict[str, str], names: Names) -> str:
    """What can be told of a measure of which the early week, the late one or both show luck alone."""
    clear = late if len(late) else early
    if not len(clear):
        return names.text("sentences.time_luck", **facts)
    weeks = {"luck": facts["early"], "clear": facts["late"]}
    if not len(late):
        weeks = {"luck": facts["late"], "clear": facts["early"]}
    row = first_row(clear)
    own = {"name": names.parameter(row["parameter"]), "value": shown_value(index, row["value"], names)}
    return names.text("sentences.time_half", measure=facts["measure"], **weeks, **own)


def is_ahead(ranked: pd.DataFrame, other: str) -> bool:
    """Whether the interval of the strongest lies above that of another parameter, where that is told from luck at all."""
    beside = ranked.loc[ranked["parameter"] == other, "high"]
    return not len(beside) or bool(beside.iloc[0] < first_row(ranked)["low"])


def pairs_sentence(rows: pd.DataFrame, names: Names) -> str:
    """The strongest pair of each measure whose interplay can be told from zero."""
    told, none = [], []
    for measure, own in real_pairs(rows).groupby("measure", sort=False):
        clear = own[own["clear"]]
        if not len(clear):
            none.append(names.measure(str(measure)))
            continue
        pair = first_row(clear.sort_values("value", ascending=False))
        who = {"first": names.parameter(pair["first"]), "second": names.parameter(pair["second"])}
        told.append(
            names.text(
                "sentences.pair", measure=names.measure(str(measure)), value=names.percent(pair["value"]),
                range=shown_span("ST", pair, names), **who,
            )
        )  # fmt: skip
    said = [names.text("sentences.pairs", told="; ".join(told))] if told else []
    return " ".join(said + [names.text("sentences.no_pair", measures=names.listed(none))] * bool(none))
