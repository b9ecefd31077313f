"""The Python that a page shows runs, block after block, in a folder that holds what the page says is there."""

import re
from pathlib import Path

import pytest

from coprod_abm.experiments.cli import main
from coprod_abm.experiments.site.markdown import blocks

DOCS = Path(__file__).resolve().parent.parent / "docs"
POINTS = "case=EN-LPFT power=majority,consensus power.agenda_access=0.2,0.8 replicates=2"
FIRST = {  # what stands in the folder before the first block of a page
    "levels": [],
    "records": [],
    "results": [f"sweep {POINTS} every=52 out=my-sweep"],
    "running": [],
    "sensitivity": [],
    "sweeps": [f"sweep {POINTS} out=access"],
}
ELSEWHERE = {
    "calibration": "a bank and chains: tests/test_calibrate_infer.py",
    "cases": "tests/test_case.py",
    "extending": "tests/test_tutorial.py",
    "interoperability": "the real packages: tests/test_interoperability.py",
    "odd": "rules as they stand: tests/rules",
    "trust": "chains: tests/test_hierarchy.py",
}
SMALL = ((r"replicates=\d+", "replicates=2"), (r"space, 64,", "space, 4,"))


def shown(page: str) -> list[str]:
    return [block.text for block in blocks((DOCS / f"{page}.md").read_text(encoding="utf-8")) if block.kind == "python"]


def test_every_page_that_shows_python_is_run_here_or_elsewhere():
    pages = {file.stem for file in DOCS.glob("*.md") if ".in." not in file.name and shown(file.stem)}
    assert pages == {*FIRST, *ELSEWHERE}, (
        "say in FIRST what such a page needs, or in ELSEWHERE where its blocks are tested"
    )


@pytest.mark.slow
@pytest.mark.parametrize("page", FIRST)
def test_the_python_of_a_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for line in FIRST[page]:
        assert main([*line.split()]) == 0
    seen: dict = {}
    for text in shown(page):
        for usual, small in SMALL:
            text = re.sub(usual, small, text)  # noqa: PLW2901 - the same block, quicker
        exec(compile(text, f"{page}.md", "exec"), seen)
    assert "ca" in seen
