"""All figures of a sensitivity study, drawn from its tables alone; each says in a sentence what its numbers show."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from coprod_abm.experiments.figure_sensitivity_bars import bars_figure, noise_figure
from coprod_abm.experiments.figure_sensitivity_levels import levelled, levels_figure, levels_sentence
from coprod_abm.experiments.figure_sensitivity_maps import (
    map_figure,
    matrix_figure,
    ordered,
    per_sheet,
    places_per_sheet,
    scales,
    strongest_pairs,
)
from coprod_abm.experiments.figure_sensitivity_plane import plane_figure
from coprod_abm.experiments.figure_sensitivity_table import (
    StudyTables,
    at_end,
    at_place,
    facts_told,
    filed,
    method_name,
    places,
    ranked_by,
    read_study,
)
from coprod_abm.experiments.figure_sensitivity_time import convergence_figure, time_figure
from coprod_abm.experiments.figure_style import keep, style
from coprod_abm.experiments.figure_sweep import Drawing
from coprod_abm.experiments.sensitivity_words import (
    map_sentence,
    pairs_sentence,
    plane_sentence,
    strongest_sentence,
    time_sentence,
)
from coprod_abm.experiments.sensitivity_words_runs import convergence_sentence, noise_sentence
from coprod_abm.experiments.study_names import DUMMY, Names

PER_SHEET, PER_LINES = 6, 4  # measures on one sheet; on one of lines, so that each has its strongest drawn


def draw_study(folder: Path, language: str) -> list[Path]:
    """Draw every figure that the tables in a folder allow into its ``figures``; the PNG files in order."""
    study, names = read_study(Path(folder)), Names(language)
    place, drawn = Path(folder) / "figures", []
    with style():
        for drawing in drawings(study, names):
            place.mkdir(parents=True, exist_ok=True)
            keep(drawing.figure, place, drawing.name, drawing.description, drawing.numbers)
            drawn.append(place / f"{drawing.name}.png")
    return drawn


def drawings(study: StudyTables, names: Names) -> Iterator[Drawing]:
    """The figures of a study: maps over cases first, then each case, then luck and convergence."""
    for method, rows in study.indices.groupby("method", sort=False):
        yield from maps(study, str(method), at_end(rows), names)
        yield from levels(study, str(method), at_end(rows), names)
        for place in places(rows):
            yield from of_place(study, str(method), at_place(rows, place), place, names)
    for place in places(study.interactions):
        yield from pairs(study, at_end(at_place(study.interactions, place)), place, names)
    for place in places(study.convergence):
        yield from convergence(study, at_end(at_place(study.convergence, place)), place, names)
    for place in places(study.noise):
        yield from noise(study, at_end(at_place(study.noise, place)), place, names)


def sheets(rows: pd.DataFrame, most: int = PER_SHEET) -> Iterator[tuple[list[str], str]]:
    """The measures of a table, as many as a sheet holds at a time, with what tells its file from the others."""
    measures = [str(name) for name in dict.fromkeys(rows["measure"])]
    for first in range(0, len(measures), most):
        yield measures[first : first + most], "" if len(measures) <= most else str(first // most + 1)


def maps(study: StudyTables, method: str, rows: pd.DataFrame, names: Names) -> Iterator[Drawing]:
    """The map of parameters, measures and cases."""
    index = ranked_by(rows)
    own = rows[rows["index"] == index]
    where = places(own)
    if own["measure"].nunique() * len(where) < 2:
        return
    most = places_per_sheet(own, len(where), min(own["measure"].nunique(), PER_SHEET), names)
    for first in range(0, len(where), most):
        chosen = where[first : first + most]
        part = pd.concat([at_place(own, place) for place in chosen])
        for measures, number in sheets(part, PER_SHEET):
            shown = part[part["measure"].isin(measures)]
            title = names.text("titles.map", method=method_name(method, names), index=names.text(f"index.{index}"))
            sentence = map_sentence(shown, index, names)
            notes = (
                f"{facts_told(study, shown, names)} {names.text('notes.map_one' if len(chosen) == 1 else 'notes.map')}"
            )
            left_out = shown["parameter"].nunique() - len(ordered(shown))
            notes += f" {names.text('notes.left_out', count=left_out)}" * bool(left_out)
            notes += own_scales(shown, len(chosen), names)
            figure = map_figure(shown, chosen, measures, names, (title, sentence, notes))
            file = filed("map", method, str(first // most + 1) if len(where) > most else "", number)
            yield Drawing(file, figure, f"{sentence} {notes}", shown)


def levels(study: StudyTables, method: str, rows: pd.DataFrame, names: Names) -> Iterator[Drawing]:
    """The map of parameters, measures and levels, where cases of several levels are compared."""
    index = ranked_by(rows)
    own = rows[rows["index"] == index]
    if own["level"].nunique() < 2 or own["case"].nunique() < 3:
        return
    found = levelled(own, names)
    title = names.text("titles.levels", method=method_name(method, names), index=names.text(f"index.{index}"))
    for measures, number in sheets(found, PER_SHEET):
        shown = found[found["measure"].isin(measures)]
        sentence = levels_sentence(shown, index, names)
        notes = f"{facts_told(study, own, names)} {names.text('notes.levels')}{own_scales(shown, 2, names)}"
        figure = levels_figure(shown, measures, names, (title, sentence, notes))
        yield Drawing(filed("levels", method, number), figure, f"{sentence} {notes}", shown)


def own_scales(rows: pd.DataFrame, places: int, names: Names) -> str:
    """That every measure has a scale of colours of its own, and where it ends; nothing where they share one."""
    tops = scales(rows, ("value",) if places == 1 else ("high", "value"))
    if len(set(tops.values())) < 2:
        return ""
    told = "; ".join(f"{names.measure(name)} {names.value(top)}" for name, top in tops.items())
    return f" {names.text('notes.own_scales', told=told)}"


def of_place(
    study: StudyTables, method: str, rows: pd.DataFrame, place: tuple[str, str], names: Names
) -> Iterator[Drawing]:
    """Tornado, plane and time of one case."""
    end = at_end(rows)
    where = {"place": names.place(*place), "when": names.when(float(end["week"].max()))}
    for measures, number in sheets(end):
        own = end[end["measure"].isin(measures)]
        title = names.text("titles.bars", method=method_name(method, names), **where)
        sentence = strongest_sentence(own, names)
        figure = bars_figure(study, own, measures, names, title, sentence)
        yield Drawing(filed("bars", method, *place, number), figure, described(figure, sentence), own)
        if with_sigma(own) - {DUMMY}:
            title, sentence = names.text("titles.plane", **where), plane_sentence(own, names)
            words = (title, sentence, notes_of(study, own, names) + without_sigma(own, names))
            yield Drawing(
                filed("plane", method, *place, number),
                plane_figure(own, measures, names, words),
                " ".join(words[1:]),
                own,
            )
    yield from over_time(study, method, rows, place, names)


def with_sigma(rows: pd.DataFrame) -> set[str]:
    """Which parameters have a place in Morris's plane; groups have none."""
    return set(rows.loc[(rows["index"] == "sigma") & rows["value"].notna(), "parameter"])


def without_sigma(rows: pd.DataFrame, names: Names) -> str:
    """Which groups have no place in Morris's plane; nothing where all have one."""
    known = with_sigma(rows)
    left_out = [names.parameter(name) for name in dict.fromkeys(rows["parameter"]) if name not in known]
    return f" {names.text('notes.no_sigma', names=names.listed(left_out))}" if left_out else ""


def over_time(
    study: StudyTables, method: str, rows: pd.DataFrame, place: tuple[str, str], names: Names
) -> Iterator[Drawing]:
    """The indices over the weeks, where there are several."""
    index = ranked_by(rows)
    weekly = rows[(rows["index"] == index) & (rows["week"] >= 0)]
    if weekly["week"].nunique() < 2:
        return
    for measures, number in sheets(weekly, PER_LINES):
        own = weekly[weekly["measure"].isin(measures)]
        title = names.text("titles.time", method=method_name(method, names), place=names.place(*place))
        words = (title, time_sentence(own, names), notes_of(study, own, names))
        figure = time_figure(own, measures, index, names, words)
        yield Drawing(filed("time", method, *place, number), figure, " ".join(words[1:]), own)


def pairs(study: StudyTables, rows: pd.DataFrame, place: tuple[str, str], names: Names) -> Iterator[Drawing]:
    """The matrix of second-order effects."""
    rows = strongest_pairs(rows)
    where = {"place": names.place(*place), "when": names.when(float(rows["week"].max()))} if len(rows) else {}
    for measures, number in sheets(rows, per_sheet(rows)):
        own = rows[rows["measure"].isin(measures)]
        facts = facts_told(study, at_place(study.indices, place), names)
        words = (
            names.text("titles.matrix", **where),
            pairs_sentence(own, names),
            f"{facts} {names.text('notes.matrix')}",
        )
        figure = matrix_figure(own, measures, names, words)
        yield Drawing(filed("matrix", *place, number), figure, " ".join(words[1:]), own)


def convergence(study: StudyTables, rows: pd.DataFrame, place: tuple[str, str], names: Names) -> Iterator[Drawing]:
    """How the indices become sure with more runs."""
    index = ranked_by(rows)
    own_index = rows[rows["index"] == index]
    if own_index["runs"].nunique() < 2:
        return
    methods = list(dict.fromkeys(study.indices["method"]))
    for measures, number in sheets(own_index, PER_LINES):
        own = own_index[own_index["measure"].isin(measures)]
        title = names.text(
            "titles.convergence", method=method_name(methods[0] if methods else "", names), place=names.place(*place),
            when=names.when(float(own["week"].max())),
        )  # fmt: skip
        judged = rows[rows["measure"].isin(measures)]
        words = (title, convergence_sentence(judged, study, names), notes_of(study, own, names))
        figure = convergence_figure(own, measures, index, names, words)
        yield Drawing(filed("convergence", *place, number), figure, " ".join(words[1:]), own)


def noise(study: StudyTables, rows: pd.DataFrame, place: tuple[str, str], names: Names) -> Iterator[Drawing]:
    """How much is luck."""
    for measures, number in sheets(rows.dropna(subset=["share"]), 16):
        own = rows[rows["measure"].isin(measures)].drop_duplicates("measure")
        title = names.text("titles.noise", place=names.place(*place), when=names.when(float(own["week"].max())))
        sentence = noise_sentence(own, names)
        notes = f"{facts_told(study, study.indices[study.indices['case'] == place[0]], names)} {names.text('notes.intervals')}"
        figure = noise_figure(own, measures, names, title, sentence, notes)
        yield Drawing(filed("noise", *place, number), figure, f"{sentence} {notes}", own)


def notes_of(study: StudyTables, rows: pd.DataFrame, names: Names) -> str:
    """The notes below figures with intervals and a dummy."""
    band: Sequence[str] = [names.text("notes.floor")] * (DUMMY in set(rows["parameter"]))
    return " ".join([facts_told(study, rows, names), names.text("notes.intervals"), *band])


def described(figure: object, sentence: str) -> str:
    """A figure in words: its sentence and the notes on it."""
    texts = getattr(figure, "texts", [])
    notes = texts[1].get_text().replace("\n", " ") if len(texts) > 1 else ""
    return f"{sentence} {notes}"
