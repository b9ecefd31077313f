"""What the command `coprod` promises: it answers at once, and what it refuses it explains on one screen."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from coprod_abm.case import CaseError, cases, load_case
from coprod_abm.experiments import cli, doctor
from coprod_abm.experiments.cli import COMMANDS, main
from coprod_abm.experiments.listing import as_table
from coprod_abm.experiments.refusals import is_refusal, told
from coprod_abm.experiments.settings import run_keys
from coprod_abm.instruments import INSTRUMENTS
from coprod_abm.measures import NAMES
from coprod_abm.parameters import declarations
from coprod_abm.presets import FAMILIES, presets

SLOW_TO_IMPORT = ("hydra", "matplotlib", "mesa", "numba", "pandas", "SALib", "xarray")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder in which the user stands."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["coprod"])
    return tmp_path


def shell(code: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ | more
    )


# ---- the command itself ----


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_help_names_every_command(words, capsys):
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in COMMANDS)


def test_help_answers_before_anything_heavy_is_loaded():
    asks = "import sys; from coprod_abm.experiments.cli import main; main(['--help'])"
    asked = f"{asks}; print([m for m in {SLOW_TO_IMPORT!r} if m in sys.modules])"
    assert shell(asked).stdout.splitlines()[-1] == "[]"


def test_each_command_exists_and_has_help(capsys):
    for name, command in COMMANDS.items():
        if name == "benchmark":  # told by its own tests
            continue
        try:
            code = main([name, "--help"])
        except SystemExit as ended:  # argparse
            code = ended.code
        assert code == 0, command
        assert f"coprod {name}" in capsys.readouterr().out


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("coprod-abm ")


def test_an_unknown_command_names_the_nearest(capsys):
    assert main(["rnu"]) == 2
    assert "Did you mean 'run'?" in capsys.readouterr().err


def test_run_help_names_every_key_family_and_preset(capsys):
    assert main(["run", "--help"]) == 0
    shown = capsys.readouterr().out
    words = shown.split()
    assert all(key in words for key in run_keys())
    assert all(family in words for family in FAMILIES)
    assert all(name in words for family in FAMILIES for name in presets(family))
    assert max(map(len, shown.splitlines())) <= 120


def test_a_reader_that_stops_early_is_no_error():
    code = "import sys; from coprod_abm.experiments.cli import main; sys.exit(main(['params']))"
    with subprocess.Popen(
        [sys.executable, "-u", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""


# ---- what is refused ----

REFUSED = {
    "unknown case": (["case=SE-JPK"], ["SE-JPK", "Did you mean 'SE-JKP'?", "EN-LON"]),
    "unknown case in a list": (["case=[SE-JKP,EN-LDN]"], ["EN-LDN", "Did you mean 'EN-LON'?"]),
    "unknown case in a sweep": (["-m", "case=SE-JKP,EN-LDN"], ["EN-LDN", "Did you mean 'EN-LON'?"]),
    "case that is a number": (["case=5"], ["case = 5", "case=SE-JKP"]),
    "no case": (["case=[]"], ["No case was given", "coprod cases"]),
    "case twice": (["case=[SE-JKP,SE-JKP]"], ["SE-JKP was given twice"]),
    "case file that is not there": (["case=mine.yaml"], ["mine.yaml", "a file that exists", "Correct the path"]),
    "misspelt key": (["sede=1"], ["'sede'", "Did you mean 'seed'?"]),
    "misspelt key with a plus": (["+sede=1"], ["'sede'", "Did you mean 'seed'?"]),
    "misspelt parameter": (["power.agenda_acess=0.3"], ["Did you mean 'power.agenda_access'?", "coprod params power"]),
    "misspelt parameter with a plus": (["+power.agenda_acess=0.3"], ["Did you mean 'power.agenda_access'?"]),
    "misspelt parameter with two": (["++power.agenda_acess=0.3"], ["Did you mean 'power.agenda_access'?"]),
    "key added": (["+seed=2"], ["every key exists already", "Write seed=value"]),
    "key removed": (["~power"], ["none can be added or removed"]),
    "key twice": (["seed=1", "seed=2"], ["seed is given twice", "seed=1 and seed=2"]),
    "parameter twice": (["power.invisible=0", "power.invisible=1"], ["power.invisible=0 and power.invisible=1"]),
    "preset twice": (["power=lottery", "power=consensus"], ["power=lottery and power=consensus"]),
    "no value": (["seed"], ["'seed' is not of the form key=value"]),
    "wrong type of a key": (["seed=abc"], ["seed=abc", "could not be converted to Integer", "whole number"]),
    "half a replicate": (["replicates=1.5"], ["replicates=1.5", "Integer"]),
    "wrong type of a switch": (["figures=maybe"], ["figures=maybe", "not a valid bool"]),
    "wrong type of a parameter": (["power.agenda_access=much"], ["'much' is not a number", "[0, 1]"]),
    "not a number": (["power.agenda_access=nan"], ["nan is outside its declared range [0, 1]"]),
    "out of range": (["power.agenda_access=1.3"], ["1.3 is outside its declared range [0, 1]", "hidden power"]),
    "out of range in a sweep": (["-m", "power.agenda_access=0.3,1.3"], ["1.3 is outside its declared range"]),
    "no such choice": (["power.decision_rule=consensu"], ["Did you mean 'consensus'?"]),
    "no such preset": (["power=consensu"], ["Did you mean 'consensus'?", "Presets of power"]),
    "no such preset in a sweep": (["-m", "power=majority,consensu"], ["Did you mean 'consensus'?"]),
    "several presets of a family": (["power=[lottery,consensus]"], ["power takes one preset"]),
    "a sweep without -m": (["seed=1,2"], ["coprod run -m"]),
    "-m without a sweep": (["-m", "seed=1"], ["there are none"]),
    "no replicates": (["replicates=0"], ["replicates = 0 is not a whole number in [1,"]),
    "no weeks": (["weeks=0"], ["weeks = 0"]),
    "fewer weeks than a step": (["weeks=3"], ["every = 4 is not a whole number in [1, 3]"]),
    "no threads": (["threads=0"], ["threads = 0"]),
    "negative seed": (["seed=-1"], ["seed = -1"]),
    "unknown measure": (["measures=[need_mett]"], ["Did you mean 'need_met'?"]),
    "unknown option": (["--fast"], ["no option '--fast'"]),
    "out below a file": (["case=EN-LPFT", "out=taken.txt/results"], ["taken.txt is a file"]),
    "out is a file": (["out=taken.txt"], ["out = taken.txt is a file"]),
    "out without a name": (["out="], ["out is empty", "out=my-run"]),
    "out that is blank": (["out='  '"], ["out is empty"]),
    "out that is null": (["out=null"], ["out=null names no folder"]),
    "out that is a list": (["out=[a]"], ["out=[a] names no folder"]),
    "two places": (["-m", "out=a,b"], ["out takes one folder"]),
    "home of nobody": (["out=~nobody-of-this-name/x"], ["~nobody-of-this-name/x", "no such home folder"]),
    "sign that needs quotes": (["case=a&b"], ["The word 'case=a&b' could not be read", "'case=\"a&b\"'"]),
    "bracket left open": (["case=[SE-JKP"], ["'case=[SE-JKP' could not be read", "must be closed"]),
    "quote left open": (['out="my run'], ["could not be read", "'out=\"my run\"'"]),
    "nothing before the sign": (["=5"], ["'=5' is not of the form key=value"]),
    "name of a key left open": (["power.invisible='${'"], ["could not be read", "${seed}"]),
    "out in use": (["out=used"], ["out = used already holds files"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_explained_on_one_screen_and_leaves_nothing(name, here, capsys):
    (here / "taken.txt").write_text("taken")
    (here / "used").mkdir()
    (here / "used" / "results.txt").write_text("results")
    before = sorted(here.rglob("*"))
    words, fragments = REFUSED[name]
    assert main(["run", *words]) == 2
    shown = capsys.readouterr()
    assert all(fragment in shown.err for fragment in fragments), shown.err
    assert "Simulating" not in shown.out
    assert "Traceback" not in shown.err
    assert "Error executing job" not in shown.err  # Hydra's own
    assert not any(each in shown.err for each in ("token recognition", "mismatched", "extraneous", "EOF"))  # ANTLR's
    assert len(shown.err.splitlines()) <= 24
    assert len(shown.err) < 2_000
    assert sorted(here.rglob("*")) == before


def test_a_faulty_case_is_refused_before_anything_runs(here, capsys):
    text = Path(load_case("EN-LPFT").path).read_text(encoding="utf-8")
    (here / "mine.yaml").write_text(text.replace("citizens: 300", "citizens: -3"), encoding="utf-8")
    assert main(["run", "case=mine.yaml"]) == 2
    shown = capsys.readouterr()
    assert "mine.yaml, line" in shown.err
    assert "-3" in shown.err
    assert [file.name for file in here.iterdir()] == ["mine.yaml"]


def test_a_wave_outside_the_simulated_years_is_refused(here, capsys):
    shipped = Path(load_case("EN-LPFT").path)
    measures = shipped.parent.parent.parent / "calibration" / "measures" / "EN-LPFT.csv"
    text = shipped.read_text(encoding="utf-8").replace("../../calibration/measures/EN-LPFT.csv", "own.csv")
    text = text.replace("  first: 2020\n  last: 2022\n", "").replace("start: 2020", "start: 2021")
    (here / "own.csv").write_text(measures.read_text(encoding="utf-8"), encoding="utf-8")
    (here / "own.yaml").write_text(text, encoding="utf-8")
    assert main(["run", "case=own.yaml"]) == 2
    assert "2020/21" in capsys.readouterr().err


def test_a_misspelt_preset_file_of_ones_own_names_the_nearest_key(here, capsys):
    (here / "mine" / "power").mkdir(parents=True)
    (here / "mine" / "power" / "open.yaml").write_text("agenda_acess: 0.9\n")
    assert main(["run", "--config-dir", "mine", "power=open"]) == 2
    assert "Did you mean 'power.agenda_access'?" in capsys.readouterr().err


def test_a_preset_of_ones_own_is_used(here, capsys):
    (here / "mine" / "power").mkdir(parents=True)
    (here / "mine" / "power" / "open.yaml").write_text("agenda_access: 0.9\n")
    words = ["case=EN-LPFT", "replicates=1", "weeks=4", "figures=false", "out=a"]
    assert main(["run", "--config-dir", "mine", "power=open", *words]) == 0
    assert "agenda_access: 0.9" in (here / "a" / "config.yaml").read_text()


def test_a_fault_of_ours_is_called_one(monkeypatch, capsys):
    monkeypatch.setattr(cli, "_called", lambda *_: {}["missing"])
    assert main(["params"]) == 1
    shown = capsys.readouterr().err
    assert "A fault of coprod-abm itself: KeyError: 'missing'" in shown
    assert "COPROD_DEBUG=1" in shown


def test_debugging_shows_where_an_error_came_from(monkeypatch, capsys):
    monkeypatch.setenv("COPROD_DEBUG", "1")
    with pytest.raises(CaseError):
        main(["cases", "SE-JPK"])


def test_an_interrupt_is_one_line(monkeypatch, capsys):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_called", interrupted)
    assert main(["run"]) == 130
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_errors_of_others_are_no_refusals():
    assert not is_refusal(ValueError("something"))
    assert "Ask for fewer replicates" in told(MemoryError())
    assert told(OSError(28, "No space left on device", "x.parquet")).startswith("No space left on device (x.parquet)")


# ---- lists ----


@pytest.mark.parametrize("command", ["cases", "params", "measures", "instruments"])
def test_lists_fit_120_characters(command, capsys):
    assert main([command]) == 0
    assert max(len(line) for line in capsys.readouterr().out.splitlines()) <= 120


def test_params_lists_every_parameter_with_its_declaration(capsys):
    assert main(["params", "--csv"]) == 0
    rows = {row["parameter"]: row for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    assert list(rows) == list(declarations())
    for key, declared in declarations().items():
        assert rows[key]["range"] == declared.range_text
        assert (rows[key]["meaning"], rows[key]["source"]) == (declared.meaning, declared.source)
        assert (rows[key]["unit"], rows[key]["prior"]) == (declared.unit, declared.prior)
    assert rows["power.agenda_access"]["default"] == "0.5"


def test_params_of_a_family_lists_its_presets(capsys):
    assert main(["params", "leadership"]) == 0
    shown = capsys.readouterr().out
    assert "leadership.facilitation" in shown
    assert "power.agenda_access" not in shown
    assert all(name in shown for name in presets("leadership"))
    assert max(len(line) for line in shown.splitlines()) <= 120


def test_params_of_an_unknown_family_names_the_nearest(capsys):
    assert main(["params", "powr"]) == 2
    assert "Did you mean 'power'?" in capsys.readouterr().err


def test_measures_and_instruments_are_all_listed(capsys):
    assert main(["measures", "--csv"]) == 0
    assert [row["measure"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))] == list(NAMES)
    assert main(["instruments", "--csv"]) == 0
    assert [row["instrument"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))] == list(INSTRUMENTS)


def test_cases_are_all_listed(capsys):
    assert main(["cases"]) == 0
    first = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line]
    assert first[1 : 1 + len(cases())] == list(cases())


def test_a_case_is_shown_by_measure_and_wave(capsys):
    assert main(["cases", "SE-JKP"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Region Jönköping County" in lines[0]
    header = next(line for line in lines if line.startswith("measure"))
    assert header.split() == ["measure", "(2016)", "(2017)", *(str(year) for year in range(2018, 2024))]
    figures = load_case("SE-JKP").measures
    row = next(line for line in lines if line.startswith("experience_primary_care"))
    inside = [wave for wave in header.split()[3:] if row[header.index(wave) : header.index(wave) + 1] == "•"]
    assert inside == list(figures.loc[figures["measure"] == "experience_primary_care", "wave"])
    assert any("Assumption:" in line for line in lines)


def test_long_cells_go_on_below():
    table = as_table(["a", "b"], [["x", "one two three"], ["y", ""]], [0, 7]).splitlines()
    assert table == ["a  b", "x  one two", "   three", "y"]


# ---- the doctor ----


def test_the_doctor_finds_a_sound_installation(here, capsys):
    assert main(["doctor"]) == 0
    shown = capsys.readouterr().out
    assert "equal to the last bit" in shown
    assert shown.endswith("All is well.\n")
    assert list(here.iterdir()) == []


def test_the_doctor_finds_engines_that_differ(here, monkeypatch, capsys):
    from coprod_abm import mesa_model

    monkeypatch.setattr(mesa_model, "differences", lambda *_, **__: ["people.trust: 3 values differ"])
    assert main(["doctor"]) == 1
    shown = capsys.readouterr().out
    assert "WRONG engines" in shown
    assert "people.trust: 3 values differ" in shown
    assert "1 thing wrong." in shown


def test_the_doctor_reports_what_it_cannot_check(here, monkeypatch, capsys):
    def broken() -> None:
        raise ImportError("no numba")

    broken.__name__ = "threads"
    monkeypatch.setattr(doctor, "threads", broken)
    monkeypatch.setattr(doctor, "self_test", lambda: iter(()))
    assert main(["doctor"]) == 1
    assert "ImportError: no numba" in capsys.readouterr().out


def test_the_doctor_finds_a_folder_that_cannot_be_written(monkeypatch, tmp_path, capsys):
    def refuse(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(doctor.tempfile, "TemporaryDirectory", refuse)
    (finding,) = doctor.output()
    assert "Read-only file system" in finding.found
    assert "out=FOLDER" in finding.way_out


# ---- the page about it ----


def test_the_page_about_running_names_every_key_with_its_default():
    page = (Path(__file__).parent.parent / "docs" / "running.md").read_text(encoding="utf-8")
    rows = {
        cells[1].strip("` "): cells[2].strip("` ")
        for cells in (line.split("|") for line in page.splitlines())
        if len(cells) == 5
    }
    for key, each in run_keys().items():
        assert key in rows
        if isinstance(each.default, (bool, int)) or each.default == "all":
            assert rows[key] == str(each.default).lower()


def test_linear_algebra_gets_one_thread_unless_the_user_says_otherwise(monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    assert main(["--version"]) == 0
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    assert main(["--version"]) == 0
    assert os.environ["OPENBLAS_NUM_THREADS"] == "2"
