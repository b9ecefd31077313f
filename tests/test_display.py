"""What a notebook shows of parameters, cases and records is true and escaped."""

from coprod_abm.case import load_case
from coprod_abm.parameters import Parameters, declarations
from coprod_abm.records import records
from coprod_abm.reporting import reporting_sheet


def test_parameters_show_what_differs_and_every_value():
    assert "at their defaults" in Parameters()._repr_html_()
    shown = Parameters().replace({"power.agenda_access": 0.875})._repr_html_()
    assert f"1 of {len(declarations())} parameters changed" in shown
    first, _, folded = shown.partition("<details>")
    assert "<td>0.875</td>" in first
    assert all(f"<td>{key}</td>" in folded for key in declarations())


def test_a_case_shows_its_sites_figures_and_assumptions_and_runs_no_text_of_theirs(case_of, site_of):
    shown = load_case("SE-JKP")._repr_html_()
    case = load_case("SE-JKP")
    assert all(site.name in shown for site in case.sites)
    assert "assumptions" in shown
    assert f"{len(case.measures)} published figures" in shown
    assert "<script>" not in case_of(site_of("<script>alert(1)</script>"))._repr_html_()


def test_a_record_shows_its_tables_and_a_sheet_itself(case_of):
    record = records(Parameters(), case_of(), seed=1, weeks=26)
    assert f"<td>acts</td><td>{len(record.acts)}</td>" in record._repr_html_()
    sheet = reporting_sheet(record)
    assert sheet._repr_markdown_() == sheet.text()
