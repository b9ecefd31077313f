"""What docs/interoperability.md shows runs against the real packages, each in an environment that has it."""

import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
PAGE = (HERE / "docs" / "interoperability.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^## (.*?)\n.*?```python\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL))
OVERLAYS = HERE / "build" / "environments"  # kept between runs; never committed


def block(title: str) -> str:
    """The code of one section of the page."""
    return next(code for name, code in BLOCKS.items() if name.startswith(title))


def overlay(*packages: str) -> Path:
    """A Python that sees the environment of the tests and has these packages on top, made on first use."""
    wanted = json.dumps([packages, sys.version, (HERE / "requirements.lock").read_text(encoding="utf-8")])
    home = OVERLAYS / hashlib.sha256(wanted.encode()).hexdigest()[:12]
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (home / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        site = home / ("Lib/site-packages" if os.name == "nt" else f"lib/{version}/site-packages")
        below = sysconfig.get_path("purelib")
        (site / "below.pth").write_text(f"import site; site.addsitedir({below!r})\n", encoding="utf-8")
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True, timeout=1200)
        (home / "ready").touch()
    return python


def told(python: str | Path, code: str, folder: Path) -> dict:
    """What the code leaves in ``told``, run as a script of its own."""
    script = folder / "script.py"
    script.write_text(f"{code}\nimport json\nprint('told:' + json.dumps(told))\n", encoding="utf-8")
    done = subprocess.run([python, script], cwd=folder, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict = json.loads(done.stdout.rpartition("told:")[2])
    return found


def test_every_block_of_the_page_is_run_here():
    here = Path(__file__).read_text(encoding="utf-8")
    assert len(BLOCKS) == 8
    for title in BLOCKS:
        assert any(title.startswith(name) for name in re.findall(r"block\(['\"](.*?)['\"]\)", here)), title


@pytest.mark.slow
def test_mesas_batch_run_varies_a_declared_parameter(tmp_path):
    found = told(sys.executable, f"{block('Mesa: batch_run')}\ntold = table['power.agenda_access'].tolist()", tmp_path)
    assert sorted(found) == [0.1, 0.1, 0.9, 0.9]


@pytest.mark.slow
def test_the_ema_workbench_explores_what_evaluate_gives(tmp_path):
    code = f"""{block("EMA Workbench")}
first = experiments.iloc[0]
again = co_production(workload=first.workload, access=first.access)
told = [len(experiments), outcomes["need_met"].tolist(), again["need_met"]]
"""
    number, needs, again = told(sys.executable, code, tmp_path)
    assert number == 8
    assert needs[0] == again
    assert len(set(needs)) > 4


@pytest.mark.slow
def test_pyabc_calibrates_a_parameter(tmp_path):
    code = f"""{block("pyABC")}
mean = float((particles["workload"] * weights).sum())
told = [int(history.max_t), mean]
"""
    generations, mean = told(overlay("pyabc>=0.12.14,<1"), code, tmp_path)
    assert generations == 2
    assert 1.0 < mean < 1.4  # the figure came from 1.2; the prior's mean is 1.0


@pytest.mark.slow
def test_optuna_trades_needs_against_tired_staff(tmp_path):
    code = f"""{block("Optuna")}
told = [len(study.trials), best["values_0"].tolist(), best["values_1"].tolist()]
"""
    trials, needs, tired = told(overlay("optuna>=4,<5"), code, tmp_path)
    assert trials == 12
    order = sorted(range(len(needs)), key=needs.__getitem__)
    assert [tired[at] for at in order] == sorted(tired)  # a front: more needs met, more tired staff


@pytest.mark.slow
def test_arviz_summarises_runs(tmp_path):
    mean, size = told(
        sys.executable, f"{block('ArviZ')}\ntold = [float(summary.loc['need_met', 'mean']), 20]", tmp_path
    )
    assert 0 < mean < 1
    assert size == 20


@pytest.mark.slow
def test_duckdb_reads_a_table(tmp_path):
    found = told(sys.executable, f"{block('DuckDB')}\ntold = rows['access'].tolist()", tmp_path)
    assert found == [0.1, 0.5, 0.9]


def notebook(code: str) -> str:
    """A notebook with this one cell."""
    cell = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": code, "id": "one"}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    return json.dumps({"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


@pytest.mark.slow
def test_jupyterlab_shows_tables_and_figures(tmp_path):
    python = overlay("jupyterlab>=4,<5")
    (tmp_path / "shown.ipynb").write_text(notebook(block("JupyterLab")), encoding="utf-8")
    command = [python, "-m", "jupyter", "execute", "--inplace", "shown.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    outputs = json.loads((tmp_path / "shown.ipynb").read_text(encoding="utf-8"))["cells"][0]["outputs"]
    kinds = [set(one["data"]) for one in outputs if "data" in one]
    params, case, record, sheet, minutes, *_, figure = kinds
    assert {"text/html"} <= params & case & record
    assert {"text/markdown"} <= sheet & minutes
    assert "image/png" in figure


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


@pytest.mark.slow
def test_solaraviz_steps_the_model_in_a_browser(tmp_path):
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import Error as PlaywrightError
    from playwright.sync_api import sync_playwright

    # with its assets it needs no network; Mesa's page shows no plots above ipyvuetify 1
    python = overlay("mesa[viz]>=3.5,<4", "solara==1.58.2", "solara-assets==1.58.2", "ipyvuetify<2")
    (tmp_path / "page.py").write_text(block("Mesa: SolaraViz"), encoding="utf-8")
    port = free_port()
    command = [python, "-m", "solara", "run", "page.py", "--port", str(port), "--no-open", "--production"]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log)
    try:
        with sync_playwright() as play:
            page = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"]).new_page()
            for _ in range(120):
                try:
                    page.goto(f"http://127.0.0.1:{port}/", timeout=120_000)
                    break
                except PlaywrightError:  # not listening yet
                    assert server.poll() is None, (tmp_path / "log").read_text()[-3000:]
                    time.sleep(1)
            page.get_by_text("Citizens set the agenda").wait_for(timeout=180_000)
            for week in range(1, 6):
                page.get_by_role("button", name="Step").click(timeout=60_000)
                page.get_by_text(f"Time: {week}.0").wait_for(timeout=120_000)
            page.locator("img").nth(1).wait_for(timeout=60_000)  # a plot of each measure
            page.screenshot(path=os.environ.get("SOLARA_PICTURE", str(tmp_path / "page.png")), full_page=True)
    finally:
        server.terminate()
        server.wait(30)
