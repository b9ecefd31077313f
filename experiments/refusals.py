"""One screen of plain words for every refused input, whichever library noticed it first."""

import re
import traceback
from pathlib import Path

WIDTH, HEIGHT = 4_000, 24  # characters of a message and lines of a small terminal
_FULL_KEY = re.compile(r"^\s*full_key: (?P<key>.*)$", re.MULTILINE)
_NOT_FOUND = re.compile(r"Could not (?:find|load) '(?P<choice>[^']+)'")
_NOT_TAKEN = re.compile(r"^Error merging override (?P<override>.*)$", re.MULTILINE)


def plainly(text: str) -> str:
    """A line without signs that a terminal would obey instead of showing them; file contents may hold any."""
    return "".join(sign if sign.isprintable() or sign == " " else repr(sign)[1:-1] for sign in text)


def is_refusal(error: BaseException) -> bool:
    """Whether the error says that an input cannot be used, in contrast to a fault of ours."""
    ours = isinstance(error, ValueError) and type(error).__module__.startswith("coprod_abm")
    return ours or _is_of_hydra(error) or _is_of_yaml(error)


def told(error: BaseException) -> str:
    """What the user reads: value, rule and way out; never a traceback."""
    if _is_of_hydra(error):
        return _on_one_screen(_hydra_told(error))
    if _is_of_yaml(error):
        return _on_one_screen(f"A configuration file is no well-formed YAML: {error}\nPut that line right.")
    if is_refusal(error):
        return _on_one_screen(str(error))
    if isinstance(error, OSError):
        place = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror or error}{place}. Put it right and run the command again."
    if isinstance(error, MemoryError):
        return "The memory of this machine is not enough. Ask for fewer replicates, cases or people."
    return _fault_told(error)


def _fault_told(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}, line {last.lineno}"
    return _on_one_screen(
        f"A fault of coprod-abm itself: {type(error).__name__}: {error} ({place}).\n"
        "Set COPROD_DEBUG=1 and run the command again to see where it came from, and report it."
    )


def _is_of_hydra(error: BaseException) -> bool:
    # by name, so that a refused parameter need not import Hydra
    return any(kind.__module__.partition(".")[0] in {"hydra", "omegaconf"} for kind in type(error).__mro__)


def _is_of_yaml(error: BaseException) -> bool:
    return any(kind.__module__.partition(".")[0] in {"yaml", "_yaml"} for kind in type(error).__mro__)


def _hydra_told(error: BaseException) -> str:
    """Hydra's message with its deepest cause, without its links and internal types."""
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    text = str(error)
    if type(cause).__name__ == "GrammarParseError" or "token recognition" in text:
        return _unread(text)
    if missing := _NOT_FOUND.search(text):
        return _missing_preset(missing["choice"])
    if taken := _NOT_TAKEN.search(text):
        return _wrong_type(taken["override"], str(cause).splitlines()[0])
    if cause is not error and str(cause) not in text:
        text = f"{text}\n{cause}"
    lines = [line.rstrip() for line in text.splitlines()]
    kept = [line for line in lines if line and "object_type=" not in line and "full_key:" not in line]
    key = _FULL_KEY.search(text)
    if key and "not in '" in text:
        return f"{lines[0]}\n{_unknown(key['key'])}"
    place = [f"It stands at {key['key']}."] if key and key["key"] not in " ".join(kept) else []
    return "\n".join([*kept, *place, "`coprod run --help` shows the keys and how to set them."])


def _unread(text: str) -> str:
    key = _FULL_KEY.search(text)
    where = f"The value of {key['key']}" if key else "A value"
    return f"{where} could not be read: ${{...}} names another key, as in ${{seed}}, and must be closed."


def _unknown(key: str) -> str:
    from coprod_abm.experiments.settings import unknown_key

    return str(unknown_key(key))


def _wrong_type(override: str, why: str) -> str:
    from coprod_abm.experiments.settings import run_keys

    key = override.partition("=")[0].lstrip("+~")
    keys = run_keys()
    means = f" {key} is: {keys[key].metadata['meaning']}." if key in keys else ""
    return f"{override} cannot be used: {why}.{means}"


def _missing_preset(choice: str) -> str:
    from coprod_abm.presets import FAMILIES, PresetError, preset_file

    family, _, name = choice.partition("/")
    if family == "theory":
        return _missing_theory(name)
    if family not in FAMILIES:
        return f"{choice} does not exist. `coprod run --help` shows the keys and how to set them."
    try:
        preset_file(family, name)
    except PresetError as error:
        return str(error)
    return f"{family}={name} exists but could not be read."


def _missing_theory(name: str) -> str:
    from coprod_abm.presets import PresetError
    from coprod_abm.theories import theory_values

    try:
        theory_values(name)
    except PresetError as error:
        return str(error)
    return f"theory={name} exists but could not be read."


def _on_one_screen(text: str) -> str:
    lines = [plainly(line) for line in text[:WIDTH].split("\n")]
    return "\n".join(lines if len(lines) <= HEIGHT else [*lines[: HEIGHT - 1], "..."])
