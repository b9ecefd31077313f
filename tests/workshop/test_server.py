"""The server of the workshop page: pictures are those of `evaluate`, and nothing that is asked can harm or hold it."""

import contextlib
import os
import re
import socket
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import coprod_abm as ca
from coprod_abm.experiments.cli import main
from coprod_abm.experiments.scenario_draws import read_draws
from coprod_abm.experiments.scenario_effects import compared
from coprod_abm.experiments.workshop.asked import asked
from coprod_abm.experiments.workshop.choices import (
    EVENTS,
    FAMILIES,
    OTHERS,
    OUTCOMES,
    SLIDERS,
    choices,
    page_words,
)
from coprod_abm.experiments.workshop.command import shipped_cases
from coprod_abm.experiments.workshop.command import told as told_by
from coprod_abm.experiments.workshop.connections import Connections
from coprod_abm.experiments.workshop.document import SCRIPTS, bundle, files, inline_json
from coprod_abm.experiments.workshop.drawn import drawn_of
from coprod_abm.experiments.workshop.live import FEWEST, Arm, Live
from coprod_abm.experiments.workshop.picture import bands, picture
from coprod_abm.experiments.workshop.questions import questions
from coprod_abm.experiments.workshop.workers import PATIENT, URGENT, Workers
from coprod_abm.language import languages
from coprod_abm.measures import NAMES, mean_over_projects
from coprod_abm.presets import presets
from coprod_abm.simulate import RunError

A = {"presets": {"power": "arnstein/consultation"}, "values": {}, "events": []}
B = {
    "presets": {"power": "arnstein/partnership"},
    "values": {"leadership.facilitation": 0.8},
    "events": [{"week": 53, "kind": "sponsor_leaves"}],
}
PLAIN = {"case": "EN-LPFT", "a": A, "b": B}


# ---- pictures ----


def test_numbers_at_the_end_are_those_of_evaluate(quick, kit):
    told = kit.whole_picture(quick.url, {**PLAIN, "seed": 3, "outcome": "citizen_trust"})
    from dataclasses import replace

    case = ca.load_case("EN-LPFT")
    points = pd.DataFrame([{"power": "arnstein/consultation"}])
    a = ca.evaluate(points, case, OUTCOMES, replicates=24, seed=3, common_seeds=True, quantiles=True)
    points = pd.DataFrame([{"power": "arnstein/partnership", "leadership.facilitation": 0.8}])
    left = replace(case, events=(*case.events, ca.case.Event(53, "sponsor_leaves")))
    b = ca.evaluate(points, left, OUTCOMES, replicates=24, seed=3, common_seeds=True, quantiles=True)
    for arm, table in (("a", a), ("b", b)):
        for name in OUTCOMES:
            expected = [table[f"{name}_q{share}"].item() for share in ("05", "25", "50", "75", "95")]
            assert told["end"][name][arm] == pytest.approx(expected, abs=1e-5), name
        assert [row[-1] for row in told[arm]] == told["end"]["citizen_trust"][arm]


@pytest.fixture
def draws(tmp_path):
    """A table of three draws: a number, a number that scenario B sets itself, a choice, and a weight."""
    file = tmp_path / "posterior.csv"
    table = {
        "power.uptake_rate": [0.1, 0.3, 0.2],
        "leadership.facilitation": [0.1, 0.9, 0.4],
        "representation.representation_rule": ["sortition", "stratified", "delegate"],
        "weight": [1, 1, 1],
    }
    pd.DataFrame(table).to_csv(file, index=False)
    return file


def test_each_future_takes_its_own_draw_as_in_coprod_scenarios(draws, kit):
    from coprod_abm.experiments.scenario import Arm as ScenarioArm
    from coprod_abm.experiments.scenario_runs import world_in
    from coprod_abm.simulate import run_once

    set_by_b = {"power.agenda_access": 0.9, "leadership.facilitation": 0.8}
    drawn = drawn_of(draws)
    wanted = asked({"case": "EN-LPFT", "a": {}, "b": {"values": set_by_b}}, shipped_cases(), drawn)
    live = Live(futures=5)
    try:
        while len((found := live.runs(wanted))[1]) < 5:
            pass
    finally:
        live.close()
    case = ca.load_case("EN-LPFT")
    place = OUTCOMES.index("citizen_trust")
    for runs, values in ((found[1], {}), (found[2], set_by_b)):
        arm = ScenarioArm("x", {}, {}, values)
        for replicate in (0, 1, 4):
            world = world_in(arm, [case], {}, read_draws(draws), replicate)
            seen = run_once(world, ca.draws.replicate_seed(1, replicate), case.weeks, 13).seen
            assert runs[replicate, :, place] == pytest.approx(
                mean_over_projects(seen[None])[0, :, NAMES.index("citizen_trust")]
            )
    assert wanted.a.in_force("leadership.facilitation") == 0.4
    assert wanted.b.in_force("leadership.facilitation") == 0.8


def test_the_page_is_told_of_draws_and_a_wrong_table_is_refused(draws, tmp_path, capsys):
    given = told_by({"draws": str(draws), "browser": "no"})
    assert given.boot["drawn"] == {"file": "posterior.csv", "draws": 3}
    assert told_by({}).boot["drawn"] is None
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("power.uptake_rat\n0.1\n")
    assert main(["workshop", f"draws={wrong}", "browser=no"]) == 2
    assert "power.uptake_rate" in capsys.readouterr().err


def test_verdicts_and_differences_are_paired_run_by_run():
    lots = np.random.default_rng(1)
    luck = lots.normal(size=(60, 2, 1))
    a = 0.5 + 0.1 * luck.repeat(len(OUTCOMES), 2)
    b = a + 0.02
    told = picture(np.array([0, 13]), a, b, "need_met")
    assert [row[-1] for row in told["difference"]] == pytest.approx([0.02] * 5)
    assert told["end"]["need_met"]["better"] == 1.0
    assert told["end"]["need_met"]["verdict"] == compared("need_met", a[:, -1, 0], b[:, -1, 0])[-1] == "better"
    assert told["end"]["staff_burnout"]["verdict"] == "worse"


def test_runs_without_a_value_are_left_out_and_none_is_no_number():
    values = np.array([[1.0, np.nan], [2.0, np.nan], [np.nan, np.nan]])
    found = bands(values)
    assert [row[0] for row in found] == pytest.approx(np.quantile([1.0, 2.0], [0.05, 0.25, 0.5, 0.75, 0.95]))
    assert [row[1] for row in found] == [None] * 5
    assert bands(np.zeros((0, 2))) == [[None, None]] * 5


def test_a_first_picture_comes_early_and_grows_to_the_same_numbers(kit):
    with kit.served(futures=60) as server:
        _, first = kit.sent(server.url, {**PLAIN, "first": True})
        assert FEWEST <= first["n"] <= 60
        whole = kit.whole_picture(server.url, PLAIN)
        assert whole["n"] == 60
    with kit.served(futures=60) as server:
        again = kit.whole_picture(server.url, PLAIN)
    assert again == whole


def test_the_same_scenario_twice_differs_nowhere(quick, kit):
    told = kit.whole_picture(quick.url, {"case": "EN-LPFT", "a": A, "b": A})
    assert {end["verdict"] for end in told["end"].values()} == {"about the same"}
    assert all(value == 0.0 for row in told["difference"] for value in row)


# ---- requests that cannot be used ----

REFUSED = [
    ({"case": "XX", "a": A, "b": A}, "not offered"),
    ({"case": 5, "a": A, "b": A}, "not offered"),
    ({"a": A, "b": A}, "lacks case"),
    ([], "not an object"),
    ({**PLAIN, "out": "/tmp"}, "means nothing"),
    ({**PLAIN, "seed": 1.5}, "seed"),
    ({**PLAIN, "seed": -1}, "seed"),
    ({**PLAIN, "outcome": "moon"}, "outcome"),
    ({**PLAIN, "a": {"presets": {"power": "kings"}}}, "kings"),
    ({**PLAIN, "a": {"presets": {"power": "../../case/EN-LPFT"}}}, "not a preset"),
    ({**PLAIN, "a": {"presets": {"powr": "consensus"}}}, "Did you mean 'power'"),
    ({**PLAIN, "a": {"presets": {"power": ["consensus"]}}}, "not the name"),
    ({**PLAIN, "a": {"values": {"leadership.facilitaton": 0.5}}}, "Did you mean 'leadership.facilitation'"),
    ({**PLAIN, "a": {"values": {"leadership.facilitation": 1.5}}}, "outside its declared range"),
    ({**PLAIN, "a": {"values": {"leadership.facilitation": True}}}, "not a number"),
    ({**PLAIN, "a": {"values": {"leadership.facilitation": [1]}}}, "neither"),
    ({**PLAIN, "a": {"values": {"leadership.facilitation": None}}}, "neither"),
    ({**PLAIN, "a": {"values": {"participation.turns": 10**400}}}, "a very large number is neither"),
    ({**PLAIN, "seed": 10**4000}, "a very large number is not a whole number"),
    (
        {**PLAIN, "a": {"events": [{"week": 5, "kind": "add", "parameter": "capacity.workload", "value": 10**400}]}},
        "a very large number is neither",
    ),
    ({**PLAIN, "a": {"events": [{"week": 400, "kind": "sponsor_leaves"}]}}, "comes after the end"),
    ({**PLAIN, "a": {"events": [{"week": 4, "kind": "rain"}]}}, "rain"),
    ({**PLAIN, "a": {"events": [{"week": "soon", "kind": "sponsor_leaves"}]}}, "week"),
    ({**PLAIN, "a": {"events": [{"week": 1, "kind": "set", "parameter": "power.space", "value": "closed"}]}}, "rules"),
    ({**PLAIN, "a": {"events": [{"week": 1, "kind": "promise_broken"}] * 13}}, "at most 12"),
    ({**PLAIN, "a": {"events": [{"week": 1, "kind": "sponsor_leaves", "site": "x"}]}}, "means nothing"),
    (
        {**PLAIN, "a": {"presets": {"leadership": "collective", "power": "directive"}}},
        "contradict each other",
    ),
]


@pytest.mark.parametrize(("request_", "words"), REFUSED)
def test_what_cannot_be_used_is_refused_in_words(quick, kit, request_, words):
    status, told = kit.sent(quick.url, request_)
    assert (status, told["error"]) == (422, "refused")
    assert words in told["message"]


def test_what_is_no_request_is_refused(quick, kit):
    assert kit.sent(quick.url, b"{")[0] == 400
    assert kit.sent(quick.url, b"[" * 20_000)[0] == 400
    assert kit.sent(quick.url, b"\xff\xfe")[0] == 400
    assert kit.sent(quick.url, b"9" * 5_000)[0] == 400
    assert kit.sent(quick.url, b" " * 40_000)[0] == 413
    assert kit.sent(quick.url, b"{}", {"Content-Type": "text/plain"})[0] == 415
    assert kit.sent(quick.url + "elsewhere/", PLAIN)[0] == 404


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "[::"}]
)
def test_pages_of_others_may_not_ask(quick, kit, headers):
    assert kit.sent(quick.url, PLAIN, headers)[0] == 403


@pytest.mark.parametrize(
    "path", ["/../command.py", "/%2e%2e/command.py", "/page/main.js", "/etc/passwd", "/__init__.py"]
)
def test_only_the_files_of_the_page_are_served(quick, path):
    with socket.create_connection(quick.server_address[:2], timeout=10) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        assert b" 404 " in line.recv(200)


def talk(server, text: bytes) -> bytes:
    """All that the server answers until it hangs up."""
    with socket.create_connection(server.server_address[:2], timeout=60) as line:
        line.sendall(text)
        return b"".join(iter(lambda: line.recv(65_536), b""))


@pytest.mark.parametrize(
    "text", [b"GET http://[ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"GET //[ HTTP/1.0\r\nHost: ::1\r\n\r\n"]
)
def test_an_address_that_is_none_is_answered(quick, text):
    assert talk(quick, text).startswith(b"HTTP/1.1 40")


def test_a_length_beyond_every_bound_is_refused_in_words(quick):
    head = b"POST /picture HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
    assert b"at most 32768 bytes" in talk(quick, head + b"9" * 5_000 + b"\r\n\r\n")


@pytest.mark.parametrize("first", ["POST /elsewhere", "GET /main.js", "POST /picture"])
def test_what_a_refused_request_carries_is_not_taken_for_a_request(quick, first):
    inside = b"GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    head = f"{first} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(inside)}\r\n\r\n".encode()
    assert talk(quick, head + inside).count(b"HTTP/1.1 ") == 1


# ---- many at once ----


def test_silent_and_slow_visitors_make_room_for_others(kit):
    with kit.served(futures=24, connections=4) as server, contextlib.ExitStack() as held:
        for place in range(4):
            line = held.enter_context(socket.create_connection(server.server_address[:2], timeout=60))
            line.sendall(b"POST /picture HTTP/1.1\r\nHost: 127.0.0.1\r\n" if place % 2 else b"")
        for _ in range(6):
            assert kit.sent(server.url, PLAIN)[0] == 200


def test_nobody_who_is_being_answered_is_hung_up_on():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connections = Connections(1)
        assert connections.admit(ours)
        with connections.busy(ours):
            assert not connections.admit(theirs)
        connections.leave(ours)
        assert connections.admit(theirs)


# ---- bounded work, urgent work first ----


def test_the_heaviest_request_is_answered_before_it_is_whole(kit):
    heavy = {"values": {"participation.contact": 1.0, "participation.turns": 60.0, "participation.interval_local": 1.0}}
    worst = {"case": "SE-NAT", "a": heavy, "b": {**heavy, "presets": {"power": "consensus"}}, "first": True}
    with kit.served() as server:
        status, told = kit.sent(server.url, worst)
    assert status == 200
    assert FEWEST <= told["n"] < 200  # it answered before all was done


def test_urgent_work_goes_before_patient_work():
    workers, done, gate = Workers(1), [], threading.Event()
    try:
        held = workers.submit(URGENT, [gate.wait])
        slow = workers.submit(PATIENT, [lambda: done.append("patient")])
        quick = workers.submit(URGENT, [lambda: done.append("urgent")])
        gate.set()
        for request in (held, slow, quick):
            request.wait(time.monotonic() + 10, lambda: False)
    finally:
        workers.close()
    assert done == ["urgent", "patient"]


def test_a_failing_run_reaches_its_request_and_leaves_the_workers_well():
    workers = Workers(1)
    try:
        failing = workers.submit(URGENT, [lambda: 1 / 0])
        with pytest.raises(ZeroDivisionError):
            failing.wait(time.monotonic() + 10, lambda: False)
        done = []
        workers.submit(URGENT, [lambda: done.append(1)]).wait(time.monotonic() + 10, lambda: False)
        assert done == [1]
    finally:
        workers.close()


def test_what_is_kept_has_a_bound(monkeypatch):
    monkeypatch.setattr("coprod_abm.experiments.workshop.live.KEPT_ARMS", 3)
    live = Live(futures=2)
    try:
        for seed in range(6):
            live.runs(asked({**PLAIN, "seed": seed}, shipped_cases()))
        assert len(live._arms) == 3
    finally:
        live.close()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_the_memory_of_scenarios_let_go_returns_to_the_system_though_others_between_them_are_kept():
    wanted = asked(PLAIN, shipped_cases()).a
    one = Arm(wanted, seed=1, futures=200)
    size = one.values.nbytes / 1e6
    del one  # from here on the C library would take such a block from a heap
    before = resident()
    many = [Arm(wanted, seed=1, futures=200) for _ in range(200)]
    assert resident() - before > 180 * size
    kept = many[::10]
    del many
    assert len(kept) * size < resident() - before < len(kept) * size + 30


def resident() -> float:
    """Megabytes of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


# ---- beginning ----


def test_a_port_in_use_is_told_with_a_way_on(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["workshop", f"port={port}", "browser=no"]) == 2
    told = capsys.readouterr().err
    assert "in use" in told
    assert f"port={port + 1}" in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["port=99999"], "65535"),
        (["prt=1"], "Did you mean 'port'"),
        (["exprt"], "Did you mean 'export'"),
        (["language=de"], "en, sv"),
        (["browser=maybe"], "yes, no"),
        (["case=SE-JPK"], "SE-JKP"),
        (["scenario=sponsor_los"], "sponsor_loss"),
        (["port=1", "port=2"], "twice"),
        (["host=192.0.2.1"], "no address of this machine"),
        (["export", "controls=powr"], "Did you mean 'power'"),
        (["export", "controls=power,power"], "twice"),
        (["export", "futures=5"], "20"),
        (["export", "out=/nowhere/at/all.html"], "does not exist"),
    ],
)
def test_what_was_typed_wrongly_is_refused(capsys, words, message):
    usual = [] if words[0] == "export" or words[0].startswith("browser") else ["browser=no"]
    assert main(["workshop", *usual, *words]) == 2
    assert message in capsys.readouterr().err


def test_a_case_too_large_for_a_page_is_refused(site_of, case_of):
    from coprod_abm.experiments.workshop.live import check_size

    with pytest.raises(RunError, match="coprod scenarios"):
        check_size(case_of(site_of(citizens=100_000)))


# ---- words and files ----


@pytest.mark.parametrize("language", languages())
def test_everything_that_can_be_chosen_has_its_words(language):
    words = page_words()[language]
    found = choices(shipped_cases())
    assert set(words["families"]) == set(words["family_explain"]) == set(FAMILIES)
    for family in FAMILIES:
        assert set(words["presets"][family]) == set(presets(family))
        assert all(len(told) == 2 for told in words["presets"][family].values())
        assert set(found["families"][family]["groups"]) <= set(words["groups"])
    assert set(words["sliders"]) == set(SLIDERS)
    assert set(words["events"]) == set(EVENTS)
    assert set(words["outcomes"]) == set(words["measures"]) == set(OUTCOMES)
    assert {facts["unit"] for facts in found["sliders"].values()} <= set(words["units"])
    assert set(words["others"]) == set(OTHERS)
    assert {facts["unit"] for facts in found["others"].values()} <= {*words["units"], "choice"}


def test_what_shipped_scenarios_set_has_a_name_and_each_event_shows():
    for question in questions(shipped_cases()):
        for arm in question["arms"]:
            events = {event["parameter"] for event in arm["events"] if "parameter" in event}
            assert {*arm["values"], *events} <= {*SLIDERS, *OTHERS}, question["title"]


def test_each_question_begins_with_settings_that_can_be_shown():
    known = shipped_cases()
    for question in questions(known):
        start = question["start"]
        arms = {arm: {key: start[arm][key] for key in ("presets", "values", "events")} for arm in ("a", "b")}
        found = asked({"case": start["case"], "outcome": start["outcome"], **arms}, known)
        assert found.a.key != found.b.key
        ways = [{key: arm[key] for key in ("presets", "values", "events")} for arm in question["arms"]]
        assert arms["a"] == ways[0]
        assert arms["b"] in ways[1:]
        keys = {asked({"case": start["case"], "a": ways[0], "b": way}, known).b.key for way in ways}
        assert len(keys) == len(ways)


def test_scripts_can_be_one():
    assert {f"{name}.js" for name in SCRIPTS} == {name for name in files() if name.endswith(".js")}
    text = bundle()
    assert "import " not in text.replace("// ", "")[:200]
    assert "\nexport " not in text
    named = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", text, re.MULTILINE)
    assert [name for name in named if named.count(name) > 1] == []  # else the file without a server stays empty


def test_nothing_in_the_data_can_end_its_element():
    told = inline_json({"name": "</script><script>alert(1)</script><!--"})
    assert "<" not in told
