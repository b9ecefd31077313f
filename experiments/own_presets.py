"""The folder of ``--config-dir``: presets of the user's own, and nothing else that Hydra would read or run."""

from pathlib import Path

from coprod_abm.presets import FAMILIES, OwnPreset, own_presets
from coprod_abm.simulate import RunError

MOVED = "@package"  # in a comment at the head of a file it moves what the file sets, even into Hydra's own settings
ALIEN = "${"  # what Hydra fills in: other keys, variables of the environment, the clock


def presets_in(named: str | None) -> tuple[OwnPreset, ...]:
    """The presets in a folder; none where none is named.

    Raises:
        RunError: when there is no such folder, or it would change more than presets.
        PresetError, CaseError: when one of them cannot be used.
    """
    if named is None:
        return ()
    folder = Path(named)
    if not folder.is_dir():
        raise RunError(f"--config-dir {named} is not a folder. Correct the path; it starts from where you stand.")
    for entry in sorted(folder.iterdir()):
        if entry.name not in FAMILIES and not is_idle(entry):
            raise RunError(
                f"--config-dir {named} holds {entry.name}. It takes presets of rule families of your own and nothing else, as "
                f"in {folder / 'power' / 'mine.yaml'}. Move it elsewhere."
            )
    found = own_presets(folder)
    for preset in found:
        check_plain(preset)
    return found


def is_idle(entry: Path) -> bool:
    """Whether Hydra passes over it: a file of another kind, such as a README, or a hidden one."""
    return entry.name.startswith(".") or (entry.is_file() and entry.suffix not in {".yaml", ".yml"})


def check_plain(preset: OwnPreset) -> None:
    """Refuse a preset that says more than values.

    Raises:
        RunError: naming the file and what it holds.
    """
    text = preset.file.read_text(encoding="utf-8-sig")
    for sign in (MOVED, ALIEN):
        if sign in text:
            raise RunError(f"{preset.file} holds {sign!r}. A preset names parameters with plain values. Take it out.")
