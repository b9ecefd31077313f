"""How one source serves two engines: rules stay ordinary Python and are compiled only where a compiled caller reaches them.

Compiled kernels are kept between processes in a folder named by a hash of *all* sources of this package, because numba's
own cache looks only at the file of the kernel and would silently run an old rule after an edit elsewhere.
"""

import functools
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import platformdirs
from numba.extending import register_jitable

Function = TypeVar("Function", bound=Callable[..., Any])
KEPT_VERSIONS = 4


def rule(function: Function) -> Function:
    """A pure scalar rule: plain Python for the readable engine, inlined machine code in the fast core."""
    return register_jitable(forceinline=True)(function)


def telling(function: Function) -> Function:
    """A process told once for both engines, over objects with attributes (Mesa) or records (core)."""
    return register_jitable(function)


def arithmetic(function: Function) -> Function:
    """A numeric primitive that both engines call in its compiled form, so that every bit agrees."""
    return numba.njit(forceinline=True)(function)


def kernel(function: Function) -> Any:
    """A compiled entry point that releases the GIL and is cached on disk under the hash of all sources."""
    folder = cache_folder()
    if folder is None:
        return numba.njit(nogil=True)(function)
    previous = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        return numba.njit(nogil=True, cache=True)(function)
    finally:
        numba.config.CACHE_DIR = previous


def source_fingerprint() -> str:
    """SHA-256 over every Python source of the model and the numba version: the model's version for caches and stores.

    It is what the sources were when this module was imported, which is before any rule is: an edit made while a process
    runs must not put the old rule under the new name.
    """
    return _FINGERPRINT


def _fingerprint() -> str:
    digest = hashlib.sha256(numba.__version__.encode())
    root = Path(__file__).parent
    for path in sorted([*root.glob("*.py"), *(root / "rules").glob("*.py")]):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


_FINGERPRINT = _fingerprint()


@functools.cache
def cache_folder() -> Path | None:
    """Where compiled code of exactly these sources lives.

    None when no folder can be written, or when a source was edited since this process began: it may hold old and new
    code side by side, and what it compiles must not be kept under either name.
    """
    if _fingerprint() != _FINGERPRINT:
        return None
    for base in _cache_bases():
        folder = base / source_fingerprint()[:16]
        if _is_writable(folder):
            _forget_old_versions(base, keep=folder)
            return folder
    return None


def is_compiled() -> bool:
    """Whether a kernel of exactly these sources lies in the cache, so that the next run starts at once."""
    folder = cache_folder()
    return folder is not None and any(folder.rglob("*.nbc"))


def _cache_bases() -> list[Path]:
    chosen = os.environ.get("COPROD_CACHE_DIR")
    if chosen:
        return [Path(chosen)]
    return [Path(platformdirs.user_cache_dir("coprod_abm")), *_own_temporary()]


def _own_temporary() -> list[Path]:
    """A folder of this user in the temporary one; none where somebody else can put code there: what numba reads, it runs."""
    user = os.getuid() if hasattr(os, "getuid") else None
    base = Path(tempfile.gettempdir()) / f"coprod_abm_cache_{'own' if user is None else user}"
    try:
        base.mkdir(mode=0o700, exist_ok=True)
        found = base.lstat()
    except OSError:
        return []
    is_safe = user is None or (stat.S_ISDIR(found.st_mode) and found.st_uid == user and not found.st_mode & 0o022)
    return [base] if is_safe else []


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _forget_old_versions(base: Path, keep: Path) -> None:
    """Keep the newest few versions: each edit of a rule makes a new folder of a few megabytes."""
    versions = sorted((p for p in base.iterdir() if p.is_dir() and p != keep), key=lambda p: p.stat().st_mtime)
    for old in versions[: max(0, len(versions) - KEPT_VERSIONS)]:
        shutil.rmtree(old, ignore_errors=True)
