"""`coprod params`: every declared parameter, and the presets of its family."""

import argparse
from collections.abc import Sequence
from enum import IntEnum

from coprod_abm.declare import Declaration
from coprod_abm.experiments.listing import as_csv, as_table
from coprod_abm.parameters import declarations
from coprod_abm.presets import preset_file, presets

COLUMNS = ("parameter", "default", "range", "unit", "meaning", "source", "prior")
ABOUT = "meaning, source, prior if not uniform"
WIDTHS = (36, 8, 11, 14, 43)  # with gaps, 120 characters


def main(words: Sequence[str]) -> None:
    """Print the parameters of all families or of one.

    Raises:
        PresetError: when there is no such family; the nearest one is named.
    """
    parser = argparse.ArgumentParser(
        "coprod params", description="Every parameter of the model, or those of one family."
    )
    parser.add_argument("family", nargs="?", help="a rule family, such as power")
    parser.add_argument("--csv", action="store_true", help="as CSV, for a spreadsheet")
    given = parser.parse_args(list(words))
    families = [given.family] if given.family else list(dict.fromkeys(each.family for each in declarations().values()))
    known = {family: presets(family) for family in families}
    chosen = [each for each in declarations().values() if each.family in known]
    if given.csv:
        print(as_csv(COLUMNS, [row(each) for each in chosen]))
        return
    blocks = [family_table([each for each in chosen if each.family == family]) for family in families]
    print("\n\n".join(blocks))
    if given.family:
        print(f"\nPresets of {given.family}, for coprod run {given.family}=PRESET\n")
        print(preset_table(given.family, known[given.family]))


def row(declared: Declaration) -> list[str]:
    """One parameter's cells."""
    default = declared.default.name if isinstance(declared.default, IntEnum) else f"{declared.default:g}"
    cells = [declared.key, default, declared.range_text, declared.unit, declared.meaning, declared.source]
    return [*cells, declared.prior]


def family_table(chosen: Sequence[Declaration]) -> str:
    """The parameters of a family, with meaning and source in one column so that 120 characters suffice."""
    rows = []
    for declared in chosen:
        key, default, allowed, unit, meaning, source, prior = row(declared)
        if declared.options is not None:
            allowed, meaning = "one of them", f"{meaning}: {', '.join(declared.options.__members__)}"
        prior = "" if prior == "uniform" else f" Prior: {prior}."
        rows.append([key, default, allowed, unit, f"{meaning}. Source: {source}.{prior}"])
    return as_table(("parameter", "default", "range", "unit", ABOUT), rows, WIDTHS)


def preset_table(family: str, names: Sequence[str]) -> str:
    """The presets of a family with what their files say of them."""
    return as_table(["preset", "meaning"], [[name, meaning(family, name)] for name in names], [0, 88])


def meaning(family: str, name: str) -> str:
    """The comment at the head of a preset's file, without its source."""
    lines = preset_file(family, name).read_text(encoding="utf-8").splitlines()
    text = " ".join(line.lstrip("# ") for line in lines if line.startswith("#"))
    return text.partition(" Source: ")[0]
