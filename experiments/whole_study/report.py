"""The report of a study: Markdown with links, and the same as one self-contained page with its pictures inside."""

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coprod_abm.experiments.calibrate_report import CONCLUDE
from coprod_abm.experiments.pack import page
from coprod_abm.experiments.progress import lasting
from coprod_abm.experiments.settings import named_cases
from coprod_abm.experiments.whole_study.findings import FOUND, in_short
from coprod_abm.experiments.whole_study.record import CONFIG, Record
from coprod_abm.experiments.whole_study.sources import sources_of
from coprod_abm.experiments.whole_study.steps import STEPS
from coprod_abm.store_files import whole_file

MARKDOWN, PAGE = "report.md", "report.html"
FEW = 4  # pictures that are shown where the usual ones are not there
WIDE = 1500  # pixels: enough for a page on paper, and small enough to send
PICTURES = {  # of each step, in the order of the report; the rest stands in the folders
    "simulation": ("figures/perspectives_*.png", "figures/instruments_*.png"),
    "sensitivity": ("figures/map_*.png", "figures/levels_*.png"),
    "calibration": ("figures/parameters.png", "figures/coverage*.png", "figures/model-error*.png"),
    "theories": ("figures/theories.png", "figures/confusion.png", "figures/skill.png"),
    "surveys": ("figures/*.png",),
    "scenarios": ("*/figures/scorecard.en.png", "*/figures/gains.en.png"),
}
QUICK = """**This was a quick look.** Its sizes are the smallest with which each step says anything. Do not report its numbers
as results: intervals are wide or rest on few checks, weak effects cannot be told from luck, and a verdict on explanations can
change with more runs. What it can show is how the parts fit together, which outcomes move at all, and where it is worth
looking closer. `coprod study budget=full --dry-run` says what the real thing takes."""
TITLE = "A study of co-production: {cases} cases"


def write_report(record: Record) -> None:
    """Write ``report.md`` and ``report.html``."""
    text = markdown(record)
    whole_file(record.out / MARKDOWN, text.encode())
    whole_file(record.out / PAGE, html(text, record.out).encode())


def markdown(record: Record) -> str:
    """The report as Markdown; pictures and parts by links relative to the folder of the study."""
    found = {name: FOUND[name](record.out) for name in STEPS}
    cases = named_cases(record.settings["case"])
    parts = [
        f"# {TITLE.format(cases=len(cases))}",
        (
            "What an agent-based model of co-production in health and social care says beside the published measures of "
            f"{', '.join(case.name for case in cases)}."
        ),
        "## In short",
        QUICK if record.settings["budget"] == "quick" else "",
        "\n".join(in_short(found, record.out)),
        "## What was done",
        done_told(record),
    ]
    for name in STEPS:
        parts += section_of(name, found[name], record.out)
    parts += [CONCLUDE.strip(), "## What made this", made_told(record), sources_told(record)]
    return "\n\n".join(part for part in parts if part) + "\n"


def section_of(name: str, found: Sequence[str], out: Path) -> list[str]:
    """One step: what was found, its pictures, and where its parts lie."""
    step = STEPS[name]
    pictures = [f"![{words_for(file)}]({file.relative_to(out).as_posix()})" for file in pictures_of(name, out)]
    return [f"## {step.title}", *found, *pictures, f"All tables and pictures: [{step.folder}]({step.folder})."]


def pictures_of(name: str, out: Path) -> list[Path]:
    """The pictures of a step that the report shows."""
    folder = out / STEPS[name].folder
    chosen = [file for pattern in PICTURES[name] for file in sorted(folder.glob(pattern))]
    return chosen or sorted(folder.glob("figures/*.png"))[:FEW]  # of a single case there is no map of cases


def words_for(file: Path) -> str:
    """A picture in words, from the text beside it."""
    beside = file.with_suffix(".txt")
    text = beside.read_text(encoding="utf-8") if beside.exists() else file.stem.replace("_", " ")
    return " ".join(re.sub(r"[\[\]]", "", text).split())


def done_told(record: Record) -> str:
    """The steps with their commands and times."""
    lines = ["| step | what | command | took |", "|---|---|---|---|"]
    for step in STEPS.items():
        name, one = step
        stamp = record.stamp(name)
        command = " ".join(word for word in stamp["command"] if not word.startswith("out="))
        lines.append(
            f"| [{one.title}]({one.folder}) | {one.does} | `{command.replace(str(record.out) + '/', '')}` | "
            f"{lasting(stamp['seconds'])} |"
        )
    return "\n".join(lines)


def made_told(record: Record) -> str:
    """Software, commit, seed and machine."""
    facts: Mapping[str, Any] = record.facts
    commit = facts["git"] and f"{facts['git']['commit'][:12]}{' with changes' if facts['git']['dirty'] else ''}"
    packages = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    return "\n".join(
        [
            (
                f"* Made by `{' '.join(facts['command'])}`, begun {facts['started']}, seed {record.settings['seed']}; the "
                f"whole configuration is [{CONFIG}]({CONFIG})."
            ),
            f"* Model {facts['model'][:12]}, commit {commit or 'unknown (installed package)'}; {packages}.",
            f"* {facts['machine']['system']}, {facts['machine']['processors']} processors.",
            "* [ro-crate-metadata.json](ro-crate-metadata.json) says of every file what it is and what made it.",
        ]
    )


def sources_told(record: Record) -> str:
    """The published measures with their sources and licences."""
    listed = [
        f"* `{one['source']}`: {one['citation'].rstrip('.')}. Licence: {one['licence'].rstrip('.')}. <{one['address']}>"
        for one in sources_of(named_cases(record.settings["case"]))
    ]
    return "\n".join(["The published measures are aggregate figures of others and keep their licences:", "", *listed])


# ---- one page ----


def html(text: str, out: Path) -> str:
    """The report as one page that needs nothing beside it."""
    from markdown_it import MarkdownIt

    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    body = re.sub(r'<p><img src="([^"]+)" alt="([^"]*)" ?/?></p>', lambda found: shown(found[1], found[2], out), body)
    body = body.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")
    title = re.sub(r"^# ", "", text.splitlines()[0])
    whole = f'<main id="content" tabindex="-1">{body}</main>'
    return page.document("en", title, whole, page.style_of("report"), "Skip to the report")


def shown(place: str, words: str, out: Path) -> str:
    """A picture inside the page, in no more pixels than paper shows; ``words`` are escaped already."""
    from html import unescape

    from PIL import Image

    small = io.BytesIO()
    with Image.open(out / unescape(place)) as picture:
        picture.thumbnail((WIDE, 4 * WIDE))
        few = picture.convert("RGB").quantize(page.COLOURS, dither=Image.Dither.NONE)
        few.save(small, format="png", optimize=True)
    return page.picture(small.getvalue(), unescape(words))
