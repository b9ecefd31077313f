"""Targets: published figures on the scale of comparison, each with its error, and what of them is fitted, held out or left out.

The error of a figure is that of sampling, where n (and for scores sd) is published, and an argued one, declared with its reason
in ``configs/targets``. A figure with neither is refused: a fit must know how much scatter it may overlook.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from math import isnan, sqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from coprod_abm.calibration.bank import BankError, Observed, Slot
from coprod_abm.case import Case
from coprod_abm.case_document import read_document
from coprod_abm.declare import nearest
from coprod_abm.instruments import EDGE, Instrument, instrument, logit

FOLDER = "targets"
LAST = "last"  # stands for the last wave of each measure and case among those held out
FITTED, HELD_OUT, LEFT_OUT = "fitted", "held out", "left out"
ERROR_KINDS = ("error", "n", "logit")
COLUMNS = ("case", "measure", "wave", "week", "value", "unit", "n", "sd", "source", "why", "shown", "spread", "status")


class Argued(NamedTuple):
    """An argued error: its kind (SD in published units, as if n were asked, or SD on the scale of comparison), size, reason."""

    kind: str
    size: float
    why: str


@dataclass(frozen=True)
class TargetRules:
    """What a file of ``configs/targets`` declares.

    Attributes:
        name: of the file.
        argued: errors by measure and source.
        between: sources whose sd is a spread between organisations.
        left_out: reason by measure and wave.
    """

    name: str
    argued: Mapping[tuple[str, str], Argued]
    between: tuple[str, ...]
    left_out: Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class HeldOut:
    """What is predicted instead of fitted: waves by label (or ``last``) and whole cases."""

    waves: Sequence[str] = field(default_factory=tuple)
    cases: Sequence[str] = field(default_factory=tuple)


# ---- the rules ----


def target_names() -> tuple[str, ...]:
    """The shipped sets of rules."""
    return tuple(sorted(path.stem for path in _folder().glob("*.yaml")))


def read_target_rules(name_or_path: str | Path = "default") -> TargetRules:
    """Shipped rules, or the file of one's own.

    Raises:
        BankError: naming file, key and way out.
    """
    path = Path(name_or_path) if str(name_or_path).endswith((".yaml", ".yml")) else _folder() / f"{name_or_path}.yaml"
    if path.parent == _folder() and path.stem not in target_names():
        raise BankError(
            f"targets={name_or_path} does not exist.{nearest(str(name_or_path), target_names())} There are: "
            f"{', '.join(target_names())}; or give the path of a file of your own (.yaml)."
        )
    document = read_document(path)
    try:
        return rules_of(path.stem, document.values)
    except (KeyError, TypeError, ValueError) as error:
        told = (
            f"{error.args[0]!r} is missing or of the wrong kind" if isinstance(error, (KeyError, TypeError)) else error
        )
        raise BankError(f"{document.file}: {told}") from None


def rules_of(name: str, values: Mapping[str, Any]) -> TargetRules:
    """Rules from plain values."""
    argued: dict[tuple[str, str], Argued] = {}
    for row in values.get("errors") or []:
        kinds = [kind for kind in ERROR_KINDS if kind in row]
        if len(kinds) != 1:
            raise BankError(
                f"the error of {row['measures']} is given {len(kinds)} times. Give one of {', '.join(ERROR_KINDS)}."
            )
        size = float(row[kinds[0]])
        if not size > 0.0:
            raise BankError(f"{kinds[0]} = {size:g} of {row['measures']} is not above 0.")
        for measure in row["measures"]:
            instrument(measure)
            if (measure, row["source"]) in argued:
                raise BankError(f"{measure} of {row['source']} has two argued errors. Keep one.")
            argued[measure, row["source"]] = Argued(kinds[0], size, str(row["why"]))
    left_out = {
        (instrument(measure).name, str(wave)): str(row["why"])
        for row in values.get("left_out") or []
        for measure in row["measures"]
        for wave in row["waves"]
    }
    return TargetRules(name, argued, tuple(values.get("sd_between_organisations") or ()), left_out)


def _folder() -> Path:
    return Path(str(resources.files("coprod_abm.configs"))) / FOLDER


# ---- targets ----


def targets_of(cases: Iterable[Case], rules: TargetRules, held_out: HeldOut | None = None) -> pd.DataFrame:
    """The targets of all cases, one row per figure, in the order case, measure, wave (:data:`COLUMNS`).

    ``shown`` is the figure on the scale of comparison and ``spread`` the SD of its error there.

    Raises:
        BankError: when a case has no figures, a figure has no error, or what is held out does not exist.
    """
    chosen = list(cases)
    rows = [row for case in chosen for row in rows_of(case, rules)]
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"n": "float64", "sd": "float64", "value": "float64"})
    return with_held_out(table, held_out or HeldOut())


def rows_of(case: Case, rules: TargetRules) -> list[dict[str, Any]]:
    """The targets of one case."""
    if case.measures.empty:
        raise BankError(
            f"{case.id} has no published figures in its window: there is nothing to compare with. Leave it out."
        )
    found = []
    for record in case.measures.sort_values(["measure", "week"]).to_dict("records"):
        row = {str(name): value for name, value in record.items()}
        shown, spread, why = on_scale(case.id, row, rules)
        status = LEFT_OUT if (row["measure"], row["wave"]) in rules.left_out else FITTED
        why = rules.left_out.get((row["measure"], row["wave"]), why)
        kept = {name: row[name] for name in ("measure", "wave", "week", "value", "unit", "n", "sd", "source")}
        found.append({"case": case.id, **kept, "why": why, "shown": shown, "spread": spread, "status": status})
    return found


def on_scale(case: str, row: Mapping[str, Any], rules: TargetRules) -> tuple[float, float, str]:
    """A figure on the scale of comparison, the SD of its error there, and where that comes from.

    Raises:
        BankError: when neither n nor an argued error says how far the figure may be off.
    """
    through = instrument(row["measure"])
    argued = rules.argued.get((row["measure"], row["source"]))
    share = float(through.as_share(np.asarray(row["value"])))
    sampling, told = sampling_error(through, share, row, rules)
    asked = asked_for(through, row, argued)
    if asked is not None:
        share = (share * asked + 0.5) / (asked + 1.0)  # an empirical logit, finite where everybody answers alike
    errors = [sampling] if sampling is not None and argued is None else []
    reasons = [told] if told else []
    if argued is not None:
        errors += [argued_error(through, share, argued), sampling or 0.0]
        reasons.append(argued.why)
    if not errors:
        raise BankError(
            f"{case}, {row['measure']} in {row['wave']} (source {row['source']}): nothing says how far the figure may be off. "
            f"Fill in n{' and sd' * (through.kind == 'score')}, or argue an error in a file of your own (targets=mine.yaml)."
        )
    return float(logit(share)), sqrt(sum(error**2 for error in errors)), "; ".join(reasons)


def sampling_error(
    through: Instrument, share: float, row: Mapping[str, Any], rules: TargetRules
) -> tuple[float | None, str]:
    """The SD from asking n people, on the scale of comparison; None where it is not known."""
    n, sd = row["n"], row["sd"]
    if isnan(n):
        return None, ""
    if through.kind == "score":
        if isnan(sd) or row["source"] in rules.between:
            return None, ""
        low, high = through.scale
        return half_width(share, sd / sqrt(n) / (high - low)), f"sd {sd:g} over {n:g} answers"
    share = (share * n + 0.5) / (n + 1.0)
    return 1.0 / sqrt(n * share * (1.0 - share)), f"{n:g} answers"


def asked_for(through: Instrument, row: Mapping[str, Any], argued: Argued | None) -> float | None:
    """The number of people behind a percentage, published or argued; None for scores and where it is not known."""
    if through.kind == "score":
        return None
    if not isnan(row["n"]):
        return float(row["n"])
    return argued.size if argued is not None and argued.kind == "n" else None


def argued_error(through: Instrument, share: float, argued: Argued) -> float:
    """An argued error on the scale of comparison."""
    if argued.kind == "logit":
        return argued.size
    if argued.kind == "n":
        return 1.0 / sqrt(argued.size * share * (1.0 - share))
    low, high = through.scale
    return half_width(share, argued.size / (high - low))


def half_width(share: float, error: float) -> float:
    """Half of what an error to either side of a share is on the scale of comparison."""
    edges = np.clip([share - error, share + error], EDGE, 1.0 - EDGE)
    return float(np.diff(logit(edges))[0] / 2.0)


def with_held_out(table: pd.DataFrame, held_out: HeldOut) -> pd.DataFrame:
    """The targets with the status of what is held out.

    Raises:
        BankError: when a wave or case does not exist among the targets, or nothing is left to fit.
    """
    waves, names = set(table["wave"]), set(table["case"])
    for wave in map(str, held_out.waves):
        if wave not in waves | {LAST}:
            raise BankError(
                f"hold_out.waves: no target has the wave {wave!r}. There are: {', '.join(sorted(waves))}, or {LAST}."
            )
    for case in held_out.cases:
        if case not in names:
            raise BankError(f"hold_out.cases: {case!r} is not among the cases.{nearest(str(case), names)}")
    is_out = table["wave"].isin([str(wave) for wave in held_out.waves]) | table["case"].isin(list(held_out.cases))
    if LAST in held_out.waves:
        kept = table[table["status"] != LEFT_OUT]
        is_out |= table["week"] == kept.groupby(["case", "measure"])["week"].transform("max").reindex(table.index)
    table = table.assign(status=table["status"].mask(is_out & (table["status"] == FITTED), HELD_OUT))
    if not (table["status"] == FITTED).any():
        raise BankError("Every target is held out or left out: nothing is left to fit. Hold out less.")
    return table


def slots_of(table: pd.DataFrame, case: str) -> tuple[Slot, ...]:
    """The slots of a case, in the order of its targets."""
    own = table[table["case"] == case]
    return tuple(Slot(*each) for each in zip(own["measure"], own["wave"], own["week"].astype(int), strict=True))


def observed_of(table: pd.DataFrame) -> dict[str, Observed]:
    """What was observed, by case; figures left out are NaN."""
    found = {}
    for case in dict.fromkeys(table["case"]):
        own = table[table["case"] == case]
        values = own["shown"].where(own["status"] != LEFT_OUT).to_numpy(float)
        is_out = (own["status"] == HELD_OUT).to_numpy(bool)
        found[case] = Observed(case, slots_of(table, case), values, own["spread"].to_numpy(float), is_out)
    return found
