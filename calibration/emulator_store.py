"""Emulators kept in files, so that a run that was stopped goes on with what it has trained."""

import os
import zipfile
import zlib
from hashlib import sha256
from pathlib import Path

import numpy as np

from coprod_abm.calibration.bank import Bank, BankError, CaseBank, Estimated
from coprod_abm.calibration.coordinates import priors_of
from coprod_abm.calibration.emulator import Emulator, train

ARRAYS = ("centre", "scale", "surface", "log_variance", "correlation", "z")


def stamp_of(bank: CaseBank, priors: tuple[Estimated, ...], seed: int) -> str:
    """What an emulator was trained on, as a hash: draws, readings, priors, seed."""
    digest = sha256(repr((bank.case, bank.parameters, bank.slots, priors, seed)).encode())
    digest.update(np.ascontiguousarray(bank.theta).tobytes())
    digest.update(np.ascontiguousarray(bank.shown).tobytes())
    return digest.hexdigest()


def save(emulator: Emulator, path: Path, stamp: str) -> None:
    """Write an emulator; the file appears whole or not at all."""
    held = {name: getattr(emulator, name) for name in ARRAYS}
    for member, layers in enumerate(emulator.networks):
        for depth, (weights, biases) in enumerate(layers):
            held[f"weights_{member}_{depth}"], held[f"biases_{member}_{depth}"] = weights, biases
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    with draft.open("wb") as file:
        np.savez(file, stamp=np.array(stamp), **held)
    draft.replace(path)


def load(path: Path, bank: CaseBank, priors: tuple[Estimated, ...], stamp: str) -> Emulator | None:
    """The emulator of a file; None if it was trained on anything else.

    Raises:
        BankError: if the file is damaged.
    """
    try:
        with path.open("rb") as source, np.load(source, allow_pickle=False) as held:
            if str(held["stamp"]) != stamp:
                return None
            members = sum(name.startswith("weights_") and name.endswith("_0") for name in held.files)
            depths = sum(name.startswith("weights_0_") for name in held.files)
            networks = tuple(
                tuple((held[f"weights_{at}_{depth}"], held[f"biases_{at}_{depth}"]) for depth in range(depths))
                for at in range(members)
            )
            arrays = {name: held[name] for name in ARRAYS}
    except (
        OSError,
        ValueError,
        KeyError,
        NotImplementedError,
        EOFError,
        RuntimeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as damage:
        raise BankError(f"{path} is damaged ({damage}). Delete it; it is trained anew.") from damage
    return Emulator(
        bank.case, bank.parameters, priors_of(priors, bank.parameters), bank.slots, networks=networks, **arrays
    )


def trained(bank: Bank, case: str, seed: int, folder: Path | None = None) -> Emulator:
    """The emulator of a case, from its file if that was trained on just this, else trained and kept."""
    one = bank.cases[case]
    if folder is None:
        return train(one, bank.priors, seed)
    path, stamp = folder / f"{case}.npz", stamp_of(one, bank.priors, seed)
    found = load(path, one, bank.priors, stamp) if path.is_file() else None
    if found is None:
        found = train(one, bank.priors, seed)
        save(found, path, stamp)
    return found
