"""Files of values that calibration is told by name: those shipped in a folder of ``configs``, or the path of one's own."""

from importlib import resources
from pathlib import Path

from coprod_abm.calibration.bank import BankError
from coprod_abm.declare import nearest


def shipped_names(folder: str) -> tuple[str, ...]:
    """The names of the shipped files of a folder."""
    return tuple(sorted(path.stem for path in _place(folder).glob("*.yaml")))


def shipped_or_own(folder: str, name_or_path: str | Path) -> Path:
    """The file that a name or a path (ending in .yaml) means.

    Raises:
        BankError: when no shipped file has that name; the nearest is suggested.
    """
    if str(name_or_path).endswith((".yaml", ".yml")):
        return Path(name_or_path)
    names = shipped_names(folder)
    if str(name_or_path) not in names:
        raise BankError(
            f"{folder}={name_or_path} does not exist.{nearest(str(name_or_path), names)} There are: "
            f"{', '.join(names)}; or give the path of a file of your own (.yaml)."
        )
    return _place(folder) / f"{name_or_path}.yaml"


def _place(folder: str) -> Path:
    return Path(str(resources.files("coprod_abm.configs"))) / folder
