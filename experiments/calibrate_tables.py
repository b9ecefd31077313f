"""Tables of priors and of argued errors, for the report and the documentation, from the files that declare them."""

from collections.abc import Iterable

from coprod_abm.calibration.bank import Estimated
from coprod_abm.calibration.priors import read_priors
from coprod_abm.calibration.targets import Argued, read_target_rules
from coprod_abm.experiments.odd_markers import code, table

LEVELS = {"shared": "all cases", "country": "each country", "case": "each case"}
UNITS = {"error": "{} in its unit", "n": "as of {} people", "logit": "{} logits"}


def priors_table(estimated: Iterable[Estimated]) -> str:
    """One row per parameter: level, distribution, unit, meaning and source of the prior."""
    rows = [
        [code(one.name), LEVELS[one.level], distribution(one), one.unit, one.meaning, one.source] for one in estimated
    ]
    return table(("parameter", "one value for", "prior", "unit", "meaning", "source"), rows)


def distribution(one: Estimated) -> str:
    """A prior in words.

    >>> distribution(Estimated("trust.gain", "shared", 0.0, 1.0))
    'uniform, 0 to 1'
    """
    within = f"{one.low:g} to {one.high:g}"
    return f"uniform, {within}" if one.distribution == "uniform" else f"normal({one.mean:g}, {one.sd:g}), {within}"


def fixed_table(name: str = "default") -> str:
    """What is not estimated although it could be, and why."""
    return table(
        ("stays at its default", "because"), [[code(key), why] for key, why in read_priors(name).fixed.items()]
    )


def errors_table(name: str = "default") -> str:
    """The argued errors of a set of targets, with their reasons, and what is left out."""
    rules = read_target_rules(name)
    alike: dict[tuple[str, Argued], list[str]] = {}
    for (measure, source), argued in rules.argued.items():
        alike.setdefault((source, argued), []).append(code(measure))
    rows = [
        [", ".join(measures), source, UNITS[argued.kind].format(f"{argued.size:g}"), argued.why]
        for (source, argued), measures in alike.items()
    ]
    waves: dict[tuple[str, str], list[str]] = {}
    for (measure, wave), why in rules.left_out.items():
        waves.setdefault((measure, why), []).append(wave)
    rows += [[code(measure), ", ".join(each), "left out", why] for (measure, why), each in waves.items()]
    return table(("measures", "source or waves", "argued error (SD)", "why"), rows)
