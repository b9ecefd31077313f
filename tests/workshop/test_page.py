"""The page in a real browser, quickly: it opens, a change draws a new picture, and its numbers are those of `evaluate`."""

import re
from urllib.parse import quote

import pandas as pd

import coprod_abm as ca
from coprod_abm.experiments.workshop.drawn import drawn_of

DIFFERENT = "case=EN-LPFT&seed=2&a.power=arnstein/consultation&b.power=arnstein/partnership&show=need_met&lang=en"


def told(middle: float, low: float, high: float, sign: bool = False) -> str:
    """A cell of the table of numbers, in English."""
    texts = [f"{abs(100 * value):.1f}" for value in (middle, low, high)]
    signs = ["−" if 100 * value < -0.05 else "+" if sign and value > 0 else "" for value in (middle, low, high)]
    a, b, c = (mark + text for mark, text in zip(signs, texts, strict=True))
    return f"{a} ({b} to {c})"


def test_the_page_opens_changes_and_shows_the_numbers_of_evaluate(quick, browser, kit):
    page = kit.Page(browser, quick.url).open(DIFFERENT)
    page.choose("b-leadership", "facilitative")
    assert "b.leadership=facilitative" in page.settings()
    page.tab.locator("#numbers-details summary").click()
    case = ca.load_case("EN-LPFT")
    measures = ["need_met@104", "need_met@312"]
    chosen = [
        {"power": "arnstein/consultation", "leadership": "default"},
        {"power": "arnstein/partnership", "leadership": "facilitative"},
    ]
    table = ca.evaluate(pd.DataFrame(chosen), case, measures, replicates=24, seed=2, common_seeds=True, quantiles=True)
    rows = page.cells("numbers")
    assert [row[0] for row in rows] == ["0", "1", "2", "3", "4", "5", "6"]
    for year, name in ((2, "need_met@104"), (6, "need_met@312")):
        for arm in (0, 1):
            middle, low, high = (table[f"{name}_q{share}"][arm] for share in ("50", "05", "95"))
            assert rows[year][1 + arm] == told(middle, low, high)
    end = [f"{100 * table['need_met@312_q50'][arm]:.0f}" for arm in (0, 1)]
    assert re.findall(r"(\d+) of 100 needs are met", page.text("#told .after")) == end
    page.close()


def test_a_hostile_address_cannot_break_out_of_the_page(quick, browser, kit):
    bad = quote("</script><img src=x onerror=window.broken=1>")
    page = kit.Page(browser, quick.url).open(f"{DIFFERENT}&a.name={bad}&seed=1e99&show=constructor&lang=xx&zz")
    assert page.tab.evaluate("() => window.broken") is None
    assert page.tab.locator("img").count() == 0
    page.close()


def test_an_address_with_settings_that_cannot_be_is_told(quick, browser, kit):
    page = kit.Page(browser, quick.url)
    page.tab.goto(f"{quick.url}#{DIFFERENT}&a.event=999:sponsor_leaves&b.event=x&a.constructor=y")
    page.tab.locator("#trouble button").wait_for()
    page.act(lambda tab: tab.locator("#undo-this").click())
    assert page.text("#trouble") == ""
    page.errors = [one for one in page.errors if "422" not in one]
    page.close()


def test_a_contradiction_is_told_and_can_be_undone(quick, browser, kit):
    page = kit.Page(browser, quick.url).open(DIFFERENT)
    before = page.settings()
    page.choose("b-leadership", "collective")
    page.tab.locator("#b-power").select_option("arnstein/manipulation")
    page.tab.locator("#trouble button").wait_for()
    assert "contradict" in page.text("#trouble")
    page.act(lambda tab: tab.locator("#undo-this").click())
    page.act(lambda tab: tab.keyboard.press("Control+z"))
    assert page.settings() == before
    assert page.text("#trouble") == ""
    page.errors = [one for one in page.errors if "422" not in one]
    page.close()


def test_a_question_keeps_the_picture_until_the_new_one_comes_and_offers_all_its_ways(quick, browser, kit):
    page = kit.Page(browser, quick.url).open("case=EN-LPFT&lang=en")
    page.tab.evaluate("() => { window.gone = false; new MutationObserver(() => { window.gone ||= !document.querySelector('#fan-figure svg'); })"
                      ".observe(document.querySelector('#results'), {childList: true, subtree: true}); }")  # fmt: skip
    titles = page.tab.locator("#question option").all_inner_texts()
    page.act(lambda tab: tab.locator("#question").select_option(label="The senior backer leaves"))
    assert page.tab.evaluate("() => window.gone") is False
    page.act(lambda tab: tab.locator("#b-way").select_option(label="Leaves, nobody follows"))
    assert "“B: Leaves, nobody follows”" in page.text("#told .after")
    assert page.tab.locator("#question").evaluate("one => one.selectedOptions[0].text") == "The senior backer leaves"
    assert page.text("#told .after") != ""
    page.act(lambda tab: tab.locator("#question").select_option(label="Broken promises"))
    page.act(lambda tab: tab.locator("#b-way").select_option(label="Every year, usual word"))
    shown = page.tab.locator("#b-event-promise_broken").evaluate("one => one.value")
    beside = page.tab.locator(".others li").count()
    assert (shown, beside) == ("104", 3)  # none of its four events acts unseen
    assert len(titles) > 8
    page.close()


def test_counts_are_whole_where_they_can_be_and_no_more_than_a_hundred_futures_are_told(quick, browser, kit):
    page = kit.Page(browser, quick.url).open("case=EN-LPFT&b.power=arnstein/partnership&lang=en")
    for outcome in ("changes_from_citizens", "citizen_hours", "promises_broken"):
        page.choose("outcome", outcome)
        told = page.text("#told")
        assert ".0 " not in told
        higher, lower = re.search(r"higher in (\d+) of 100 futures and lower in (\d+)", told).groups()
        assert int(higher) + int(lower) <= 100
    page.close()


def test_a_slider_that_is_dragged_is_one_change(quick, browser, kit):
    page = kit.Page(browser, quick.url).open(DIFFERENT)
    before = page.settings()
    drag = """it => { for (const to of [0.1, 0.5, 0.9]) { it.value = to; it.dispatchEvent(new Event('input', {bubbles: true})); }
      it.dispatchEvent(new Event('change', {bubbles: true})); it.value = 0.2; it.dispatchEvent(new Event('input', {bubbles: true})); }"""
    page.act(lambda tab: tab.locator("#b-leadership-facilitation").evaluate(drag))
    page.act(lambda tab: tab.locator("#undo").click())
    assert "b.leadership.facilitation=0.9" in page.settings()
    page.act(lambda tab: tab.locator("#undo").click())
    assert page.settings() == before
    page.close()


def test_where_parameters_come_from_is_on_the_screen_in_both_sizes(browser, kit, tmp_path):
    file = tmp_path / "posterior.csv"
    pd.DataFrame({"power.uptake_rate": [0.1, 0.3]}).to_csv(file, index=False)
    with kit.served(futures=24, drawn=drawn_of(file)) as server:
        page = kit.Page(browser, server.url).open("case=EN-LPFT&lang=en&large=1")
        assert page.tab.locator("#source").is_visible()
        assert "2 draws from posterior.csv" in page.text("#source")
        assert "not fitted" not in page.tab.locator("body").inner_text()
        page.close()
