"""coprod-abm: an agent-based simulation of co-production in health and social care that explains.

>>> import coprod_abm as ca
>>> ca.load_case("EN-LPFT").level.name
'local'
"""

from typing import TYPE_CHECKING, Any

from coprod_abm.case import Case, CaseError, cases, coverage, load_case
from coprod_abm.declare import ParameterError
from coprod_abm.evaluate import evaluate
from coprod_abm.instruments import INSTRUMENTS, InstrumentError
from coprod_abm.measures import MEASURES, MeasureError
from coprod_abm.parameters import Parameters, declarations
from coprod_abm.records import Record, records
from coprod_abm.simulate import RunError, simulate

if TYPE_CHECKING:
    from coprod_abm.mesa_model import Citizen, CoproductionModel, Leader, Professional
    from coprod_abm.presets import preset
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
    "Professional",
    "Record",
    "RunError",
    "beside_published",
    "cases",
    "coverage",
    "declarations",
    "evaluate",
    "load_case",
    "preset",
    "readings",
    "records",
    "simulate",
]

# Imported on first use: mesa, xarray and friends take seconds that `coprod --help` need not pay.
_LATER = {
    "Citizen": "coprod_abm.mesa_model",
    "CoproductionModel": "coprod_abm.mesa_model",
    "Leader": "coprod_abm.mesa_model",
    "Professional": "coprod_abm.mesa_model",
    "preset": "coprod_abm.presets",
    "beside_published": "coprod_abm.surveys",
    "readings": "coprod_abm.surveys",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'coprod_abm' has no attribute {name!r}")
    import importlib

    found = getattr(importlib.import_module(_LATER[name]), name)
    globals()[name] = found
    return found
