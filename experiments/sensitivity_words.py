"""What a sensitivity study says in plain words, in each language, made from the numbers of its tables alone."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from coprod_abm.experiments.figure_sensitivity_table import (
    DUMMY,
    FIRST,
    SHARES,
    StudyTables,
    at_end,
    at_place,
    fact,
    of_index,
    places,
    ranked_by,
    read_study,
    real_pairs,
    told_apart,
)
from coprod_abm.experiments.study_names import Names

MOST = 4  # things that one sentence names
STRONG = 0.5  # of the strongest: a parameter that is called strong in the plane
INTERPLAY = 2.0  # total over first effect from which a parameter is said to work mostly with others


def report_words(folder: Path, language: str) -> str:
    """The report of a study as Markdown: luck, what matters, when, with what, and how sure; what is absent is left out."""
    study, names = read_study(Path(folder)), Names(language)
    parts = [f"# {names.text('report.title')}"]
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
    return "\n\n".join(parts if len(parts) > 1 else [*parts, names.text("report.no_tables")]) + "\n"


def section(names: Names, key: str, told: Sequence[str], place: tuple[str, str] | None = None) -> list[str]:
    """A heading with its sentences; nothing where there is none."""
    said = [sentence for sentence in told if sentence]
    where = f": {names.place(*place)}" if place else ""
    return [f"## {names.text(f'report.{key}')}{where}", "\n\n".join(said)] if said else []


def shown_value(index: str, value: float, names: Names) -> str:
    """A value of an index: a percentage of differences, or a number."""
    return names.percent(value) if index in SHARES else names.value(value)


def shown_span(index: str, row: "pd.Series[float]", names: Names) -> str:
    """The interval of an index in words."""
    return names.span(shown_value(index, row["low"], names), shown_value(index, row["high"], names))


def strongest_sentence(rows: pd.DataFrame, names: Names) -> str:
    """Which parameter moves which measure most, and where nothing can be told from luck."""
    index = ranked_by(rows)
    if not index:
        return ""
    found: dict[str, list[str]] = {}
    luck, weak, total = [], 0, 0
    for measure, own in rows.groupby("measure", sort=False):
        ranked = of_index(own, index)
        clear = told_apart(ranked)
        real = int((ranked["parameter"] != DUMMY).sum())
        weak, total = weak + real - len(clear), total + real
        if not len(clear):
            luck.append(names.measure(str(measure)))
            continue
        first = clear.iloc[0]
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
        for row in told_apart(of_index(own, index)).itertuples():
            beside = alone.reindex([row.parameter]).iloc[0]
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
    uneven = []
    for _, own in rows.groupby("measure", sort=False):
        size = told_apart(of_index(own, "mu_star"))
        sigma = own[own["index"] == "sigma"].drop_duplicates("parameter").set_index("parameter")["value"]
        strong = size[size["value"] >= STRONG * size["value"].max()] if len(size) else size
        uneven += [
            str(name)
            for name in strong["parameter"]
            if sigma.get(name, 0.0) >= float(strong.set_index("parameter")["value"][name])
        ]
    names_told = [names.parameter(name) for name in dict.fromkeys(uneven)]
    second = (
        names.capital(names.text("sentences.uneven", names=names.listed(names_told, MOST)))
        if names_told
        else names.text("sentences.even")
    )
    first = strongest_sentence(rows, names)
    return first if first == names.text("sentences.only_luck_all") else f"{first} {second}"


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
            nothing = facts | {"late": facts["late"] if not len(late) else facts["early"]}
            told.append(names.text("sentences.time_luck", **nothing))
            continue
        first, last = early.iloc[0], late.iloc[0]
        facts |= {"first": shown_value(index, first["value"], names), "last": shown_value(index, last["value"], names)}
        if first["parameter"] == last["parameter"]:
            told.append(names.text("sentences.time_same", name=names.parameter(first["parameter"]), **facts))
        else:
            who = {"early_name": names.parameter(first["parameter"]), "late_name": names.parameter(last["parameter"])}
            told.append(names.text("sentences.time_change", **who, **facts))
    return f"{names.capital('; '.join(told))}. {names.text(f'sentences.means_{index}')}"


def pairs_sentence(rows: pd.DataFrame, names: Names) -> str:
    """The strongest pair of each measure whose interplay can be told from zero."""
    told, none = [], []
    for measure, own in real_pairs(rows).groupby("measure", sort=False):
        clear = own[own["clear"]]
        if not len(clear):
            none.append(names.measure(str(measure)))
            continue
        pair = clear.loc[clear["value"].idxmax()]
        who = {"first": names.parameter(pair["first"]), "second": names.parameter(pair["second"])}
        told.append(
            names.text(
                "sentences.pair", measure=names.measure(str(measure)), value=names.percent(pair["value"]),
                range=shown_span("ST", pair, names), **who,
            )
        )  # fmt: skip
    said = [names.text("sentences.pairs", told="; ".join(told))] if told else []
    return " ".join(said + [names.text("sentences.no_pair", measures=names.listed(none))] * bool(none))


def convergence_sentence(rows: pd.DataFrame, study: StudyTables, names: Names) -> str:
    """How wide the widest interval still is, whether that was asked for, and whether the order still moves."""
    index = ranked_by(rows)
    rows = rows[rows["index"] == index]
    if not len(rows):
        return ""
    steps = sorted(set(rows["step"]))
    last = rows[rows["step"] == steps[-1]].assign(width=lambda table: table["high"] - table["low"])
    widest = last.loc[last["width"].idxmax()]
    tolerance = fact(study.facts, "tolerance")
    wider = 0 if tolerance is None else int((last["width"] > float(tolerance)).sum())
    goal = "goal_none" if tolerance is None else "goal_missed" if wider else "goal_met"
    facts = {} if tolerance is None else {"tolerance": names.value(float(tolerance)), "count": wider}
    said = names.text(
        "sentences.converged", runs=names.count(last['runs'].max()),
        width=names.value(widest["width"]), name=names.parameter(widest["parameter"]),
        measure=names.measure(widest["measure"]), goal=names.text(f"sentences.{goal}", **facts),
    )  # fmt: skip
    if len(steps) < 2:
        return said
    keys = ["case", "week", "measure"]
    first = [rows[rows["step"] == step].groupby(keys).apply(leader, include_groups=False) for step in steps[-2:]]
    moved = [key[2] for key in first[1].index if key in first[0].index and first[0][key] != first[1][key]]
    told = [names.measure(name) for name in dict.fromkeys(moved)]
    order = (
        names.text("sentences.ranking_moved", measures=names.listed(told)) if told else names.text("sentences.ranking")
    )
    return f"{said} {order}"


def leader(rows: pd.DataFrame) -> str:
    """The strongest parameter but the dummy."""
    own = rows[(rows["parameter"] != DUMMY) & rows["value"].notna()]
    return str(own.loc[own["value"].idxmax(), "parameter"]) if len(own) else ""


def noise_sentence(rows: pd.DataFrame, names: Names) -> str:
    """How much of the differences between single runs is luck, at least and at most, and what averaging leaves."""
    rows = at_end(rows).dropna(subset=["share"])
    if not len(rows):
        return ""
    least, most = rows.loc[rows["share"].idxmin()], rows.loc[rows["share"].idxmax()]
    facts = {}
    for key, row in (("least", least), ("most", most)):
        facts |= {key: names.percent(row["share"]), f"{key}_name": names.measure(row["measure"])}
        facts[f"{key}_range"] = names.span(names.percent(row["low"]), names.percent(row["high"]))
    left = rows["share_of_means"].dropna()
    facts["means"] = (
        names.text("sentences.noise_means", replicates=int(rows["replicates"].max()), share=names.percent(left.max()))
        if len(left)
        else ""
    )
    return names.text("sentences.noise" if len(rows) > 1 else "sentences.noise_one", **facts)


def fixing_sentences(rows: pd.DataFrame, names: Names) -> list[str]:
    """What may be held fixed, and how much variance is kept, checked by a second run."""
    told = []
    for row in rows.itertuples():
        fixed = [name.strip() for name in str(row.fixed).split(";") if name.strip()]
        facts = {"place": row.case, "when": names.when(row.week), "measure": names.measure(str(row.measure))}
        if not fixed:
            told.append(names.text("sentences.fixing_none", **facts, threshold=names.value(float(row.threshold))))
            continue
        facts["fixed"] = names.listed([names.parameter(name) for name in fixed if name != DUMMY], 2 * MOST)
        span = names.span(names.percent(row.low), names.percent(row.high))
        told.append(
            names.text(
                "sentences.fixing",
                **facts,
                kept=names.percent(row.variance_kept),
                range=span,
                runs=names.count(row.runs),
            )
        )
    return told
