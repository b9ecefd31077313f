"""What a design promises: the points asked for, each once, decided by its seed, and one message for what cannot be."""

import numpy as np
import pandas as pd
import pytest
from SALib.sample import sobol_sequence
from scipy.stats import qmc

from coprod_abm.declare import ParameterError
from coprod_abm.experiments.design import Design, points_of, sobol_positions, whole_interval
from coprod_abm.experiments.design_error import DesignError
from coprod_abm.experiments.overrides import parsed
from coprod_abm.experiments.sweep_settings import PARTS, option_values, options
from coprod_abm.parameters import declarations
from coprod_abm.points import checked_points
from coprod_abm.presets import PresetError, presets

ACCESS, FACILITATION = "power.agenda_access", "leadership.facilitation"


def points(*words: str, kind: str = "grid", **facts) -> pd.DataFrame:
    return points_of([parsed(whole_interval(word)) for word in words], Design(kind, **facts))


def sampled(kind: str, n: int, *words: str, seed: int = 1) -> pd.DataFrame:
    return points(*words, kind=kind, n=n, seed=seed, common_seeds=False)


# ---- grids and presets ----


def test_a_grid_holds_every_combination_in_the_order_of_hydra():
    table = points(f"{ACCESS}=0.1,0.5", "power=majority,consensus", f"{FACILITATION}=0.3", "seed=4")
    assert list(table.columns) == [ACCESS, "power", FACILITATION]
    assert table.to_numpy().tolist() == [
        [0.1, "majority", 0.3],
        [0.1, "consensus", 0.3],
        [0.5, "majority", 0.3],
        [0.5, "consensus", 0.3],
    ]


@pytest.mark.parametrize(
    ("word", "values"),
    [
        (f"{ACCESS}=range(0,1,0.25)", [0.0, 0.25, 0.5, 0.75]),
        (f"{ACCESS}=range(0,2)", [0.0, 1.0]),
        (f"{ACCESS}=choice(0.2,0.1)", [0.2, 0.1]),
        (f"{ACCESS}=1", [1.0]),
        ("power.decision_rule=majority,consensus", ["majority", "consensus"]),
        ("theory=all,relational+resource", ["all", "relational+resource"]),
        ("power=glob(spaces/*)", ["spaces/claimed", "spaces/closed", "spaces/invited"]),
    ],
)
def test_values_are_those_that_were_named(word, values):
    table = points(word)
    assert table[word.partition("=")[0]].tolist() == values
    checked_points(table)


def test_whole_numbers_become_floats():
    assert points(f"{ACCESS}=0,1")[ACCESS].dtype == float


def test_presets_cross_all_of_each_family_but_those_that_were_named():
    table = points("power=majority,consensus", kind="presets", families=("power", "leadership"))
    assert len(table) == 2 * len(presets("leadership"))
    assert not table.duplicated().any()
    assert len(points(kind="presets", families=("power", "trust"))) == len(presets("power")) * len(presets("trust"))


# ---- samples ----


@pytest.mark.parametrize("kind", ["lhs", "sobol"])
def test_samples_stay_in_their_intervals_and_depend_on_the_seed_alone(kind):
    words = (f"{ACCESS}=interval(0.2,0.4)", "capacity.workload=interval()")
    table = sampled(kind, 64, *words)
    low, high = declarations()["capacity.workload"].low, declarations()["capacity.workload"].high
    assert table[ACCESS].between(0.2, 0.4).all()
    assert table["capacity.workload"].between(low, high).all()
    pd.testing.assert_frame_equal(table, sampled(kind, 64, *words))
    assert not table.equals(sampled(kind, 64, *words, seed=2))


def test_a_latin_hypercube_has_one_point_in_each_slice():
    table = sampled("lhs", 50, f"{ACCESS}=interval()", f"{FACILITATION}=interval()")
    for key in table:
        assert sorted((table[key] * 50).astype(int)) == list(range(50))


def test_a_sobol_sequence_fills_evenly_and_grows_from_the_same_points():
    words = [f"{key}=interval(0,1)" for key in (ACCESS, FACILITATION, "trust.strength", "efficacy.strength")]
    table = sampled("sobol", 128, *words)
    pd.testing.assert_frame_equal(table.head(32), sampled("sobol", 32, *words))
    for key in table:
        assert sorted((table[key] * 128).astype(int)) == list(range(128))
    assert qmc.discrepancy(table) < 0.5 * np.mean(
        [qmc.discrepancy(np.random.default_rng(k).random(table.shape)) for k in range(5)]
    )


@pytest.mark.parametrize(("count", "dimensions"), [(1, 3), (2, 1), (3, 2), (7, 5), (64, 40), (1_000, 60)])
def test_a_sobol_sequence_is_that_of_salib(count, dimensions):
    theirs = sobol_sequence.sample(count, dimensions)
    assert (sobol_positions(count, dimensions) == (theirs * 2**32).astype(np.uint64)).all()


def test_a_sample_is_crossed_with_what_is_named_beside_it():
    table = sampled("sobol", 8, f"{ACCESS}=interval()", "power=majority,consensus", f"{FACILITATION}=0.5")
    assert len(table) == 16
    assert table["power"].tolist() == ["majority", "consensus"] * 8
    assert (table[ACCESS].to_numpy()[::2] == table[ACCESS].to_numpy()[1::2]).all()
    grown = sampled("sobol", 16, f"{ACCESS}=interval()", "power=majority,consensus", f"{FACILITATION}=0.5")
    pd.testing.assert_frame_equal(grown.head(16), table)


# ---- files ----


@pytest.fixture
def written(tmp_path):
    def write(text: str | bytes) -> str:
        file = tmp_path / "points.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(file)

    return write


def test_a_file_gives_its_rows(written):
    file = written(f"{ACCESS},power,power.decision_rule\n0.1,majority,1\n 0.25 , consensus,majority\n\n")
    table = points(kind="file", file=file)
    assert table[ACCESS].tolist() == [0.1, 0.25]
    assert table["power"].tolist() == ["majority", "consensus"]
    crossed = points("theory=all,relational", kind="file", file=file)
    assert crossed["theory"].tolist() == ["all", "relational"] * 2


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeff{ACCESS},{FACILITATION}\r\n0.1,0.2\r\n",
        f"{ACCESS};{FACILITATION}\n0,1;0,2\n",
        f'"{ACCESS}","{FACILITATION}"\n"0.1","0.2"\n',
    ],
)
def test_files_of_spreadsheets_are_read(written, text):
    assert points(kind="file", file=written(text)).to_numpy().tolist() == [[0.1, 0.2]]


def test_a_preset_that_is_called_none_is_no_gap(written):
    assert points(kind="file", file=written("reciprocity\nnone\npayment\n"))["reciprocity"].tolist() == [
        "none",
        "payment",
    ]


def test_numbers_of_a_file_keep_every_digit(written):
    value = 0.1234567890123456789
    assert points(kind="file", file=written(f"{ACCESS}\n{value!r}\n"))[ACCESS].iloc[0] == value


BAD_FILES = {
    "power.agenda_acces\n0.1\n": ["line 1", "'power.agenda_acces'", "Did you mean 'power.agenda_access'"],
    "case,power\nSE-JKP,majority\n": ["line 1", "'case'"],
    f"{ACCESS},{ACCESS}\n0.1,0.2\n": ["line 1", "twice"],
    f"{ACCESS},power\n0.1,majority\n,consensus\n": ["line 3", ACCESS, "no value"],
    f"{ACCESS},power\n0.1,majority\n0.2,nan\n": ["line 3", "power", "no value"],
    f"{ACCESS},power\n0.1,majority\n0.2,majorty\n": ["line 3", "Did you mean 'majority'"],
    f"{ACCESS}\n0.1\n1.7\n": ["line 3", "1.7", "[0, 1]"],
    f"{ACCESS}\n0.1\ninf\n": ["line 3", "[0, 1]"],
    f"{ACCESS}\n0.1\nmuch\n": ["line 3", "'much'", "not a number"],
    f"{ACCESS}\nTrue\nFalse\n": ["line 2", "not a number"],
    f"{ACCESS}\n0.1\n0.2\n0.1\n": ["lines 2 and 4", "same point"],
    f"{ACCESS},power\n0.1,majority,3\n": ["line 2", "3 values under 2 names"],
    f"{ACCESS},power\n0.1\n": ["line 2", "1 values under 2 names"],
    f"{ACCESS}\n": ["no rows"],
    "": ["empty"],
    b"\xff\xfe\x00": ["UTF-8"],
}


@pytest.mark.parametrize("text", BAD_FILES)
def test_a_file_that_cannot_be_used_is_refused_by_line(written, text):
    with pytest.raises(DesignError) as refused:
        points(kind="file", file=written(text))
    assert all(each in str(refused.value) for each in BAD_FILES[text]), str(refused.value)
    assert "points.csv" in str(refused.value)


@pytest.mark.parametrize("file", [None, "nowhere.csv", "."])
def test_a_file_that_is_not_there_is_refused(file):
    with pytest.raises(DesignError, match=r"design\.file"):
        points(kind="file", file=file)


# ---- refusals ----


@pytest.mark.parametrize(
    ("words", "facts", "told"),
    [
        ([], {}, "nothing to sweep"),
        (["seed=3"], {}, "nothing to sweep"),
        ([f"{ACCESS}=0.1,0.10"], {}, "holds 0.1 twice"),
        (["power=majority,majority"], {}, "majority twice"),
        ([f"{ACCESS}=range(1,0,0.1)"], {}, "no value"),
        ([f"{ACCESS}=range(0,1,0)"], {}, "step is 0"),
        ([f"{ACCESS}=range(0,1,0.00000001)"], {}, "larger step"),
        (["power=glob(nothing*)"], {}, "no value"),
        ([f"{ACCESS}=interval(0,1)"], {}, "design=lhs"),
        ([f"{ACCESS}=0.1,0.2"], {"kind": "lhs", "n": 4, "seed": 1}, "none is named"),
        ([f"{ACCESS}=interval(0.5,0.5)"], {"kind": "lhs", "n": 4, "seed": 1}, "empty"),
        ([f"{ACCESS}=interval(0.9,0.5)"], {"kind": "sobol", "n": 4, "seed": 1}, "empty"),
        ([f"{ACCESS}=interval(0,1)"], {"kind": "sobol", "n": 0, "seed": 1}, "design.n = 0"),
        ([f"{ACCESS}=interval(0,1)"], {"kind": "lhs", "n": 4, "seed": -1}, "design.seed = -1"),
        (["power=interval(0,1)"], {"kind": "lhs", "n": 4, "seed": 1}, "no interval"),
        (["power.decision_rule=interval(0,1)"], {"kind": "lhs", "n": 4, "seed": 1}, "no interval"),
        ([], {"kind": "presets", "families": ("powr",)}, "'powr' is not a rule family"),
        (
            [f"{key}=range(0,1,0.01)" for key in (ACCESS, FACILITATION, "trust.strength", "efficacy.strength")],
            {},
            "points",
        ),
    ],
)
def test_what_makes_no_design_is_refused(words, facts, told):
    with pytest.raises(DesignError, match=told.replace("=", r"\=")):
        points(*words, **{"kind": "grid", **facts})


@pytest.mark.parametrize(
    ("word", "error"),
    [
        (f"{ACCESS}=0.1,1.4", ParameterError),
        (f"{ACCESS}=range(0,3)", ParameterError),
        (f"{ACCESS}=a,b", ParameterError),
        (f"{ACCESS}=true,0.2", ParameterError),
        ("power=majorty,consensus", PresetError),
        ("theory=all,relatonal", PresetError),
    ],
)
def test_values_that_cannot_be_are_refused(word, error):
    with pytest.raises(error):
        points(word)


def test_an_interval_must_lie_in_the_declared_range():
    with pytest.raises(ParameterError, match="outside its declared range"):
        sampled("lhs", 4, f"{ACCESS}=interval(0,2)")


def test_a_column_of_a_file_is_not_named_again(written):
    with pytest.raises(DesignError, match="given twice"):
        points(f"{ACCESS}=0.1,0.2", kind="file", file=written(f"{ACCESS}\n0.1\n"))


def test_every_design_and_executor_says_what_it_is():
    for part, schema in PARTS.items():
        known = schema.__dataclass_fields__
        for name in options(part):
            assert set(option_values(part, name)) <= set(known), name
    assert set(options("design")) == {"grid", "presets", "lhs", "sobol", "file"}
    assert set(options("executor")) == {"local", "dask", "slurm"}
