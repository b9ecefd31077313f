"""coprod-abm: an agent-based simulation of co-production in health and social care that explains.

>>> import coprod_abm as ca
>>> ca.load_case("EN-LPFT").level.name
'local'
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coprod_abm.case import Case, CaseError, cases, coverage, load_case
    from coprod_abm.declare import ParameterError
    from coprod_abm.evaluate import evaluate
    from coprod_abm.instruments import INSTRUMENTS, InstrumentError
    from coprod_abm.measures import MEASURES, MeasureError
    from coprod_abm.mesa_model import Citizen, CoproductionModel, Leader, Professional
    from coprod_abm.minutes import minutes
    from coprod_abm.outcomes import by_level
    from coprod_abm.parameters import Parameters, declarations
    from coprod_abm.presets import PresetError, preset
    from coprod_abm.problem import ProblemError, problem, sampled_points
    from coprod_abm.record_files import read_records, write_records
    from coprod_abm.records import Record, RecordError, records
    from coprod_abm.replay import Replay, replay
    from coprod_abm.reporting import ReportingSheet, reporting_sheet
    from coprod_abm.simulate import RunError, simulate
    from coprod_abm.store import StoreError, results
    from coprod_abm.surveys import beside_published, readings

__all__ = [
    "INSTRUMENTS",
    "MEASURES",
    "Case",
    "CaseError",
    "Citizen",
    "CoproductionModel",
    "InstrumentError",
    "Leader",
    "MeasureError",
    "ParameterError",
    "Parameters",
    "PresetError",
    "ProblemError",
    "Professional",
    "Record",
    "RecordError",
    "Replay",
    "ReportingSheet",
    "RunError",
    "StoreError",
    "beside_published",
    "by_level",
    "cases",
    "coverage",
    "declarations",
    "evaluate",
    "load_case",
    "minutes",
    "preset",
    "problem",
    "read_records",
    "readings",
    "records",
    "replay",
    "reporting_sheet",
    "results",
    "sampled_points",
    "simulate",
    "write_records",
]

# Everything is imported on first use: numba, pandas and xarray take a second that `coprod --help` need not pay.
_HOME = {
    "Case": "coprod_abm.case",
    "CaseError": "coprod_abm.case",
    "Citizen": "coprod_abm.mesa_model",
    "CoproductionModel": "coprod_abm.mesa_model",
    "INSTRUMENTS": "coprod_abm.instruments",
    "InstrumentError": "coprod_abm.instruments",
    "Leader": "coprod_abm.mesa_model",
    "MEASURES": "coprod_abm.measures",
    "MeasureError": "coprod_abm.measures",
    "ParameterError": "coprod_abm.declare",
    "Parameters": "coprod_abm.parameters",
    "Professional": "coprod_abm.mesa_model",
    "Record": "coprod_abm.records",
    "RecordError": "coprod_abm.records",
    "Replay": "coprod_abm.replay",
    "ReportingSheet": "coprod_abm.reporting",
    "RunError": "coprod_abm.simulate",
    "StoreError": "coprod_abm.store",
    "beside_published": "coprod_abm.surveys",
    "by_level": "coprod_abm.outcomes",
    "cases": "coprod_abm.case",
    "coverage": "coprod_abm.case",
    "declarations": "coprod_abm.parameters",
    "evaluate": "coprod_abm.evaluate",
    "load_case": "coprod_abm.case",
    "minutes": "coprod_abm.minutes",
    "PresetError": "coprod_abm.presets",
    "preset": "coprod_abm.presets",
    "ProblemError": "coprod_abm.problem",
    "problem": "coprod_abm.problem",
    "readings": "coprod_abm.surveys",
    "read_records": "coprod_abm.record_files",
    "records": "coprod_abm.records",
    "replay": "coprod_abm.replay",
    "reporting_sheet": "coprod_abm.reporting",
    "results": "coprod_abm.store",
    "sampled_points": "coprod_abm.problem",
    "simulate": "coprod_abm.simulate",
    "write_records": "coprod_abm.record_files",
}


class _Library(ModuleType):
    """This package; a function keeps its name where a module of the same name (simulate, evaluate) is imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Library


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'coprod_abm' has no attribute {name!r}")
    found = getattr(import_module(_HOME[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """The public names, so that completion shows them before their first use."""
    return sorted(__all__)
