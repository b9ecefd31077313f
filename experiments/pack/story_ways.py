"""What a scenario takes for granted, and what each of its ways sets, in plain words."""

from coprod_abm.case import Event
from coprod_abm.experiments.pack.evidence import Evidence
from coprod_abm.experiments.pack.words import PackWords
from coprod_abm.experiments.scenario import Arm
from coprod_abm.experiments.scenario_runs import Arms
from coprod_abm.parameters import declarations


def assumed(found: Arms, evidence: Evidence, words: PackWords) -> list[str]:
    """What was taken for granted, with the source of the parameters."""
    facts, names = found.facts, [words.case(found, case) for case in found.cases]
    arms = words.listed([words.quoted(words.arm(found.scenario, arm.name)) for arm in found.scenario.arms])
    place = words.tell("assumed.place", case=names[0]) if len(names) == 1 else ""
    runs = evidence.replicates
    base = ", ".join(words.setting(key, value) or f"{key}={value}" for key, value in facts["base"].items())
    lines = [
        words.tell("assumed.model", years=evidence.years),
        standing(evidence, words),
        words.tell("assumed.ways", n=len(evidence.ways), arms=arms),
        words.tell("assumed.luck_one") if runs == 1 else words.tell("assumed.luck", runs=runs),
        place or words.tell("assumed.places", cases=words.listed(names)),
        words.tell("assumed.sizes"),
        words.tell("assumed.base", settings=base) if base else "",
    ]
    return [line for line in lines if line]


def standing(evidence: Evidence, words: PackWords) -> str:
    """Whether parameters are stated defaults or draws of a calibration; always said."""
    if not evidence.draws:
        return words.tell("assumed.defaults")
    file = str(evidence.draws["file"]).replace("\\", "/").split("/")[-1]
    return words.tell("assumed.draws", draws=evidence.draws["draws"], file=file)


def meaning(arm: Arm, words: PackWords) -> str:
    """What a way sets, in plain words: presets, the settings that the workshop page knows, events."""
    parts, finer = [], 0
    for family, name in arm.presets.items():
        plain, means = words.preset(family, name)
        parts.append(means.rstrip(".") or plain)
    for key, value in arm.parameters.items():
        told = words.setting(key, value)
        parts += [told] if told else []
        finer += told is None
    parts += event_parts(arm.events, words)
    if finer:
        parts.append(words.tell("ways.finer_one") if finer == 1 else words.tell("ways.finer", n=finer))
    return ". ".join(parts or [words.tell("ways.usual")]) + "."


def event_parts(events: tuple[Event, ...], words: PackWords) -> list[str]:
    """The events of a way, those with a plain name first."""
    return list(
        dict.fromkeys(words.tell("ways.event", week=event.week, event=event_told(event, words)) for event in events)
    )


def event_told(event: Event, words: PackWords) -> str:
    """An event in plain words."""
    if event.kind not in ("set", "add"):
        return words.tell(f"events.{event.kind if event.kind in words.pack['events'] else 'other'}")
    name = words.slider(event.parameter)
    if name is None or event.parameter not in declarations() or not isinstance(event.value, int | float):
        return words.tell("events.finer")
    value = words.parameter_value(event.parameter, float(event.value))
    return words.tell(f"events.{event.kind}", name=words.quoted(name), value=value)
