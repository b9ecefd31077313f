"""Metadata of a study as an RO-Crate 1.1: what every file is, the software, the run that made it, and the measures' sources.

RO-Crate (https://w3id.org/ro/crate/1.1) is one JSON-LD file at the top of a folder. It is written here and not by the package
`rocrate`, which would bring requests, jinja2 and others for one file; docs/study.md says by what it was validated.
"""

import json
import mimetypes
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from coprod_abm.experiments.settings import named_cases
from coprod_abm.experiments.whole_study.record import CONFIG, STUDY, Record
from coprod_abm.experiments.whole_study.report import TITLE
from coprod_abm.experiments.whole_study.sources import measures_file, sources_of
from coprod_abm.experiments.whole_study.steps import STEPS
from coprod_abm.provenance import now
from coprod_abm.store_files import whole_file

CRATE, CONTEXT = "ro-crate-metadata.json", "https://w3id.org/ro/crate/1.1/context"
MEASURES = "measures"  # the published figures as they were used
LICENCE = "https://spdx.org/licenses/MIT"
WHOLE = ("parts", "pilot", "emulators", "bank", "trajectories")  # folders of many alike files, described as one
DOES = (  # what a file is, by the first pattern that it meets
    ("report.html", "The report as one page, with its pictures inside"),
    ("report.md", "The report as text, with links to its pictures"),
    (CONFIG, "The whole configuration"),
    (STUDY, "The configuration, and the command, versions, commit and machine that made the study"),
    ("steps/*.json", "That a step was finished: its command, when it ended, how long it took"),
    ("*/config.yaml", "The configuration of a step"),
    ("*/README.txt", "What the files of a folder are"),
    ("*/provenance.json", "Command, versions, commit, seed and machine of a step"),
    ("*/study.json", "Command, versions, commit, seed and machine of a step"),
    ("*/comparison.json", "The verdict on theories, and the command, versions, commit and machine that made it"),
    ("*/bank.json", "What was drawn and simulated for the calibration, with hashes of priors and targets"),
    ("*/posterior.nc", "Draws of all cases together, for ArviZ"),
    ("*/cases/*", "A case file or its published measures, as they were used"),
    ("*.svg", "A picture"),
    ("*.pdf", "A picture"),
    ("*.png", "A picture"),
    ("*.gif", "A moving picture"),
    ("*.mp4", "A moving picture"),
    ("*/figures/*.txt", "A picture in words"),
    ("*/figures/*.csv", "The numbers behind a picture"),
    ("*.csv", "A table"),
    ("*.parquet", "A table"),
    ("*.md", "Findings of a step in words"),
    ("*.log", "What was done when"),
    ("*.json", "Facts of a step"),
    ("*", "A file of a step"),
)
Entity = dict[str, Any]


def write_crate(record: Record) -> None:
    """Copy the published measures into the study, and write ``ro-crate-metadata.json``."""
    copy_measures(record)
    text = json.dumps(crate_of(record), indent=1, ensure_ascii=False)
    whole_file(record.out / CRATE, (text + "\n").encode())


def copy_measures(record: Record) -> None:
    """The published figures as they were used, with their sources beside them."""
    folder = record.out / MEASURES
    folder.mkdir(exist_ok=True)
    for case in named_cases(record.settings["case"]):
        file = measures_file(case)
        if file is None:
            continue
        whole_file(folder / f"{case.id}.csv", file.read_bytes())
        if (file.parent / "sources.csv").exists():
            whole_file(folder / "sources.csv", (file.parent / "sources.csv").read_bytes())


def crate_of(record: Record) -> dict[str, Any]:
    """The whole metadata."""
    parts = [*described(record.out)]
    entities = [head(), root(record, parts), *parts, *software(record), *runs(record), *publications(record)]
    return {"@context": CONTEXT, "@graph": entities}


def head() -> Entity:
    """The metadata file itself."""
    return {
        "@id": CRATE,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
    }


def root(record: Record, parts: list[Entity]) -> Entity:
    """The study as a data set."""
    cases = named_cases(record.settings["case"])
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": TITLE.format(cases=len(cases)),
        "description": (
            f"Simulation, screening, calibration, rival explanations and scenarios of {', '.join(one.id for one in cases)} "
            f"by coprod-abm, budget {record.settings['budget']}, seed {record.settings['seed']}."
        ),
        "datePublished": now(),
        "license": {"@id": LICENCE},
        "hasPart": [{"@id": one["@id"]} for one in parts],
        "mentions": [{"@id": f"#{name}"} for name in STEPS],
        "citation": [{"@id": f"#source-{one['source']}"} for one in sources_of(cases)],
    }


# ---- files ----


def described(out: Path, folder: Path | None = None) -> Iterator[Entity]:
    """Every file of the study, and folders of many alike files as one."""
    for file in sorted((folder or out).iterdir()):
        place = file.relative_to(out).as_posix()
        if file.name.startswith(".") or place == CRATE:
            continue
        if file.is_dir():
            yield folder_of(file, place)
            if file.name not in WHOLE:
                yield from described(out, file)
        else:
            yield file_of(file, place)


def file_of(file: Path, place: str) -> Entity:
    """One file: what it is, how large, of which kind."""
    kind = mimetypes.guess_type(file.name)[0] or KINDS.get(file.suffix, "application/octet-stream")
    return {
        "@id": place,
        "@type": "File",
        "name": file.name,
        "description": does(place),
        "contentSize": str(file.stat().st_size),
        "encodingFormat": kind,
    }


def folder_of(folder: Path, place: str) -> Entity:
    """One folder; of those of many alike files how many there are."""
    step = next((one for one in STEPS.values() if one.folder == place), None)
    many = sum(file.is_file() for file in folder.rglob("*")) if folder.name in WHOLE else 0
    about = step.does.capitalize() if step else f"{many} files of runs or estimates" if many else "A folder of a step"
    if place == MEASURES:
        about = "The published measures as they were used, with their sources; they keep the licences of their sources"
    return {"@id": f"{place}/", "@type": "Dataset", "name": step.title if step else folder.name, "description": about}


KINDS = {
    ".parquet": "application/vnd.apache.parquet",
    ".yaml": "application/yaml",
    ".md": "text/markdown",
    ".nc": "application/netcdf",
}


def does(place: str) -> str:
    """What a file is."""
    return next(told for pattern, told in DOES if fnmatch(place, pattern))


# ---- what made them ----


def software(record: Record) -> list[Entity]:
    """The programs, with their versions and the commit."""
    facts: Mapping[str, Any] = record.facts
    commit = facts["git"]["commit"] if facts["git"] else "unknown"
    changed = " with uncommitted changes" if facts["git"] and facts["git"]["dirty"] else ""
    needed = [name for name in facts["versions"] if name != "coprod-abm"]
    ours = {
        "@id": "#coprod-abm",
        "@type": "SoftwareApplication",
        "name": "coprod-abm",
        "version": facts["versions"]["coprod-abm"],
        "softwareVersion": facts["versions"]["coprod-abm"],
        "description": f"Model {facts['model']}, commit {commit}{changed}",
        "license": {"@id": LICENCE},
        "softwareRequirements": [{"@id": f"#{name}"} for name in needed],
    }
    others = [
        {"@id": f"#{name}", "@type": "SoftwareApplication", "name": name, "version": facts["versions"][name]}
        for name in needed
    ]
    licence = {
        "@id": LICENCE,
        "@type": "CreativeWork",
        "name": "MIT License",
        "description": "https://spdx.org/licenses/MIT.html",
    }
    return [ours, *others, licence]


def runs(record: Record) -> list[Entity]:
    """Each step as an action: its command, its configuration, what it read and what it left."""
    machine = record.facts["machine"]
    found: list[Entity] = []
    for name, step in STEPS.items():
        stamp = record.stamp(name)
        before = [{"@id": f"{STEPS[other].folder}/"} for other in step.after]
        found.append(
            {
                "@id": f"#{name}",
                "@type": "CreateAction",
                "name": step.title,
                "description": " ".join(stamp["command"]),
                "endTime": stamp["ended"],
                "instrument": {"@id": "#coprod-abm"},
                "object": [{"@id": CONFIG}, {"@id": f"{MEASURES}/"}, *before],
                "result": {"@id": f"{step.folder}/"},
                "location": {"@id": "#machine"},
            }
        )
    place = f"{machine['system']}, {machine['processor']}, {machine['processors']} processors"
    return [*found, {"@id": "#machine", "@type": "Place", "name": "The machine", "description": place}]


def publications(record: Record) -> list[Entity]:
    """The sources of the published measures."""
    found: list[Entity] = []
    for source in sources_of(named_cases(record.settings["case"])):
        told = {
            "@id": f"#source-{source['source']}",
            "@type": "CreativeWork",
            "name": source["source"],
            "description": source["citation"],
            "license": source["licence"],
        }
        found.append(told | ({"url": source["address"]} if source["address"] else {}))
    return found
