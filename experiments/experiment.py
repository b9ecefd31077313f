"""`coprod run +experiment=NAME`: studies of the model that end in a table, from the checked keys to a folder of results."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from coprod_abm.compiled import is_compiled
from coprod_abm.declare import nearest
from coprod_abm.experiments.progress import told_progress
from coprod_abm.experiments.provenance import now, provenance
from coprod_abm.experiments.study import REFERENCE, Study, reference_case
from coprod_abm.simulate import RunError, available_threads, check_run

BEGIN, END = "<!-- figures of the last run: begin -->", "<!-- figures of the last run: end -->"


class Experiment(NamedTuple):
    """An experiment: the module that holds its ``find`` and ``total_runs``, what it does, and its own default keys."""

    module: str
    does: str
    replicates: int


# Modules are named and not imported, so that the help needs none of them.
EXPERIMENTS = {
    "patterns": Experiment("patterns", "the published patterns that the defaults must show: met or not", 400),
    "signatures": Experiment(
        "signatures", "what interventions do under rival theories, beside what each predicts", 400
    ),
}
NOT_HERE = (
    "weeks",
    "every",
    "measures",
    "anchored",
    "records",
    "together",
)  # keys of an ordinary run that an experiment decides itself


@dataclass(frozen=True)
class Findings:
    """What an experiment leaves.

    Attributes:
        tables: by the name of their file.
        text: what the user reads in the terminal.
        markdown: the same for a page of the documentation.
        draw: draws the figures into a folder, with a note on how they were made.
        files: what each file holds, for the list of contents.
    """

    tables: Mapping[str, pd.DataFrame]
    text: str
    markdown: str
    draw: Callable[[Path, str], None]
    files: Mapping[str, str]


def experiment_word(word: str) -> str:
    """A word of the command line; ``experiment=NAME`` as Hydra wants it, with a plus.

    >>> experiment_word("experiment=patterns"), experiment_word("seed=2")
    ('+experiment=patterns', 'seed=2')
    """
    return f"+{word}" if word.startswith("experiment=") else word


def check_experiment(name: Any) -> None:
    """Refuse an experiment that does not exist.

    Raises:
        RunError: with the nearest one and the list.
    """
    if name not in EXPERIMENTS:
        listed = ", ".join(EXPERIMENTS)
        raise RunError(f"{name!r} is not an experiment.{nearest(str(name), EXPERIMENTS)} Experiments: {listed}.")


def check_keys(keys: Sequence[str]) -> None:
    """Refuse keys that mean nothing to an experiment, or nothing without one.

    Raises:
        RunError: naming the first.
    """
    if "experiment" not in keys:
        if "markdown" in keys:
            raise RunError("markdown is written by an experiment alone. Add +experiment=NAME, or leave markdown= away.")
        return
    for key in keys:
        if key in NOT_HERE:
            raise RunError(f"{key} cannot be set for an experiment, which decides it itself. Leave {key}= away.")


def presets_of_keys() -> dict[str, dict[str, Any]]:
    """The keys that naming an experiment sets, by its name; what the user types wins over them."""
    return {
        name: {"experiment": name, "replicates": found.replicates, "case": "reference"}
        for name, found in EXPERIMENTS.items()
    }


def study_of(settings: Mapping[str, Any], typed: Mapping[str, Any]) -> Study:
    """The checked study of a resolved configuration.

    Raises:
        CaseError, ParameterError, RunError: naming value, rule and way out.
    """
    from coprod_abm.experiments.settings import named_cases, parameters_of
    from coprod_abm.simulate import as_cases

    check_experiment(settings["experiment"])
    check_run(settings["replicates"], 1, 1, settings["threads"], settings["seed"])
    if settings["replicates"] < 3:
        raise RunError(f"replicates = {settings['replicates']} gives an experiment no interval. Ask for 3 or more.")
    given = settings["case"]
    cases = [reference_case()] if given == "reference" else as_cases(named_cases(given))
    return Study(
        cases=tuple(cases),
        base=parameters_of(dict(settings), dict(typed)),
        typed=dict(typed),
        replicates=settings["replicates"],
        seed=settings["seed"],
        threads=settings["threads"],
    )


def run_experiment(
    settings: dict[str, Any], command: Sequence[str], overrides: Sequence[str], typed: dict[str, Any]
) -> None:
    """Do what a resolved configuration with an experiment says and leave the folder ``out``, whole or not at all.

    Raises:
        CaseError, ParameterError, RunError, OutputError: before anything is simulated.
    """
    from coprod_abm.experiments.job import keep_tables, write_text
    from coprod_abm.experiments.run_cases import copy_files
    from coprod_abm.experiments.run_folder import run_folder

    study = study_of(settings, typed)
    name = settings["experiment"]
    if name == "signatures" and any(word.startswith("theory=") for word in overrides):
        raise RunError("The signatures compare all theories, so theory= means nothing there. Leave it away.")
    module = import_module(f"coprod_abm.experiments.{EXPERIMENTS[name].module}")
    facts = provenance(command)
    page = page_of(settings["markdown"])
    with run_folder(Path(settings["out"])) as folder:
        runs = module.total_runs(study)
        print(announcement(name, study, runs), flush=True)
        began = time.monotonic()
        with told_progress(runs) as progress:
            findings: Findings = module.find(study, progress)
        keep_tables(findings.tables, folder / "tables", facts)
        made = note(study, typed, facts)
        if settings["figures"]:
            (folder / "figures").mkdir()
            findings.draw(folder / "figures", made)
        write_text(folder / "config.yaml", as_yaml(settings))
        from_files = [case for case in study.cases if case.path]
        if from_files:
            copy_files(from_files, folder / "cases")
        facts |= {
            "experiment": name,
            "overrides": [each for each in overrides if not each.startswith("hydra.")],
            "seed": study.seed,
            "replicates": study.replicates,
            "runs": runs,
            "cases": {case.id: {"fingerprint": case.fingerprint} for case in study.cases},
            "ended": now(),
            "seconds": round(time.monotonic() - began, 1),
        }
        write_text(folder / "provenance.json", json.dumps(facts, indent=2, ensure_ascii=False))
        write_text(folder / "table.txt", findings.text)
        write_text(folder / "README.txt", contents(name, findings, bool(from_files), settings["figures"]))
    if page:
        write_page(page, f"{findings.markdown}\n\n{made}")
    print(f"\n{findings.text}\n\n{made}\n\nResults: {settings['out']}")


def announcement(name: str, study: Study, runs: int) -> str:
    """What is about to happen, in two or three lines."""
    where = REFERENCE if not any(case.path for case in study.cases) else ", ".join(case.id for case in study.cases)
    threads = study.threads or available_threads()
    lines = [f"Experiment {name} on {where}: {runs} runs on {threads} thread{'s' * (threads > 1)}."]
    if not is_compiled():
        lines.append("Compiling the model once, about a minute with its records; later runs start at once.")
    return "\n".join(lines)


def note(study: Study, typed: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """How the figures were made: replicates, seed, cases, parameters, version and model, in one sentence."""
    cases = ", ".join(case.name for case in study.cases)
    rules = ", ".join(f"{key}={value}" for key, value in typed.items())
    return (
        f"Made with {study.replicates} replicates and seed {study.seed} on: {cases}; parameters "
        f"{f'with {rules}' if rules else 'as declared'}; coprod-abm {facts['versions']['coprod-abm']}, "
        f"model {facts['model'][:12]}."
    )


def as_yaml(settings: Mapping[str, Any]) -> str:
    """Every key and parameter of the experiment."""
    import yaml

    return yaml.safe_dump(dict(settings), sort_keys=False, allow_unicode=True)


def contents(name: str, findings: Findings, cases: bool, figures: bool) -> str:
    """What each file of the folder is."""
    files = {
        "config.yaml": "every key and parameter of this experiment",
        "provenance.json": "command, versions, commit, seed, machine, times, fingerprints of model and cases",
        "table.txt": "the table as it was printed",
        **({"cases/*": "the case files and their published measures, as they were used"} if cases else {}),
        **{file: does for file, does in findings.files.items() if figures or not file.startswith("figures/")},
    }
    width = max(map(len, files))
    listed = "\n".join(f"{file:<{width}}  {does}" for file, does in files.items())
    return f"Results of coprod run +experiment={name}.\n\n{listed}\n\nRead a table with pandas.read_parquet."


def page_of(markdown: Any) -> Path | None:
    """The page that the table is written into; None where none is named.

    Raises:
        RunError: when it cannot be written.
    """
    if markdown is None:
        return None
    page = Path(str(markdown)).expanduser()
    if page.is_dir() or not page.parent.is_dir():
        raise RunError(
            f"markdown = {markdown} is not a file in a folder that exists. Name one, as in markdown=table.md."
        )
    return page


def write_page(page: Path, text: str) -> None:
    """Put the figures between their marks into a page, or make the page where there is none."""
    marked = f"{BEGIN}\n\n{text.strip()}\n\n{END}"
    before = page.read_text(encoding="utf-8") if page.exists() else ""
    if BEGIN in before and END in before:
        head, _, rest = before.partition(BEGIN)
        marked = f"{head}{marked}{rest.partition(END)[2]}"
    elif before.strip():
        marked = f"{before.rstrip()}\n\n{marked}\n"
    page.write_text(marked.rstrip() + "\n", encoding="utf-8")
