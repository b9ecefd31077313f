"""The command `coprod`: finds the sub-command, runs it, and turns every refusal into one screen of plain words."""

import importlib
import os
import signal
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

GOOD, WRONG, REFUSED, INTERRUPTED = 0, 1, 2, 130


class Command(NamedTuple):
    """A sub-command: the module and function that do it, and one line that says what it does."""

    module: str
    function: str
    does: str


# Read once, when numpy and scipy are loaded. Our matrices are small: threads that wait for each other made advice on
# surveys fifty times slower on two busy processors. Runs of the model are spread by numba, which these do not touch.
LINEAR_ALGEBRA = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

# Modules are named and not imported: `coprod --help` answers before numba, pandas or Hydra are loaded.
COMMANDS = {
    "run": Command("run", "main", "simulate cases and draw the figures beside the published measures"),
    "study": Command(
        "whole_study.command", "main", "the whole study of the cases, from simulation to report, in one folder"
    ),
    "sweep": Command("sweep", "main", "simulate a design of parameters and presets; goes on where it was"),
    "sensitivity": Command("sensitivity", "main", "find which mechanism drives which outcome, when, and how surely"),
    "discover": Command("discovery", "main", "find where in parameter space a wish holds, and test it on fresh runs"),
    "calibrate": Command("calibrate", "main", "estimate parameters from the published measures of the cases"),
    "compare": Command(
        "compare", "main", "test rival theories on a bank; `compare advise` says which surveys would decide"
    ),
    "scenarios": Command("scenarios", "main", "answer questions of a workshop: arms on the same draws, as pictures"),
    "workshop": Command("workshop.command", "main", "open the workshop page in a browser, or export it as one file"),
    "cases": Command("list_cases", "main", "list the cases, or one case's published measures by wave"),
    "params": Command("list_params", "main", "list every parameter: default, range, unit, meaning, source, prior"),
    "measures": Command("list_measures", "measures", "list what the model measures"),
    "instruments": Command("list_measures", "instruments", "list the simulated instruments of published measures"),
    "baseline": Command(
        "baseline", "main", "compare key results with the pinned ones; `baseline update` pins them anew"
    ),
    "doctor": Command("doctor", "main", "check this installation"),
    "docs": Command("odd", "main", "write the generated pages of docs/ anew (in a checkout)"),
    "site": Command("site.command", "main", "build the documentation site, tutorials run (in a checkout)"),
    "benchmark": Command("benchmark", "main", "measure how fast the model runs on this machine"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code of one command: 0 good, 1 failed, 2 refused, 130 interrupted; messages go to stderr."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _end_like_an_interrupt()
    for name in LINEAR_ALGEBRA:
        os.environ.setdefault(name, "1")
    if not words or words[0] in {"-h", "--help", "help"}:
        print(overview())
        return GOOD
    if words[0] in {"-V", "--version"}:
        return _version()
    if words[0] not in COMMANDS:
        return _refuse_command(words[0])
    return _guarded(COMMANDS[words[0]], words[1:])


def overview() -> str:
    """What `coprod --help` shows."""
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  {name:<{width}}  {command.does}" for name, command in COMMANDS.items())
    return (
        "coprod: an agent-based simulation of co-production in health and social care\n\n"
        "usage: coprod COMMAND [options]\n\n"
        f"{listed}\n\n"
        "coprod COMMAND --help says more about each; coprod --version names the version.\n"
        "A first run: coprod run case=SE-JKP replicates=10"
    )


def _guarded(command: Command, words: Sequence[str]) -> int:
    """Run a command; expected errors become messages, unexpected ones are named as ours."""
    if os.environ.get("COPROD_DEBUG") == "1":
        return _called(command, words)
    try:
        return _called(command, words)
    except KeyboardInterrupt:
        return _end(INTERRUPTED, "Interrupted: nothing half-done was kept.")
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return GOOD
    except Exception as error:  # noqa: BLE001 - the border to the user: nobody above can say it better
        from coprod_abm.experiments.refusals import is_refusal, told

        return _end(REFUSED if is_refusal(error) else WRONG, told(error))


def _called(command: Command, words: Sequence[str]) -> int:
    module = importlib.import_module(f"coprod_abm.experiments.{command.module}")
    result: Any = getattr(module, command.function)(list(words))
    return GOOD if result is None else int(result)


def _end(code: int, message: str) -> int:
    print(message, file=sys.stderr)
    return code


def _refuse_command(word: str) -> int:
    match = get_close_matches(word, COMMANDS, n=1, cutoff=0.5)
    hint = f" Did you mean {match[0]!r}?" if match else ""
    return _end(REFUSED, f"coprod has no command {word!r}.{hint} Commands: {', '.join(COMMANDS)}.")


def _version() -> int:
    from importlib.metadata import version

    print(f"coprod-abm {version('coprod-abm')}")
    return GOOD


def _end_like_an_interrupt() -> None:
    """A termination request cleans up as Ctrl-C does; only the main thread may say so."""

    def stop(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    try:
        signal.signal(signal.SIGTERM, stop)
    except ValueError:
        return
