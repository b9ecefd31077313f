#!/usr/bin/env python3
"""Set up coprod-abm in this folder, then run it.

    python3 start.py run          simulate the nine cases and draw the figures
    python3 start.py test         run the tests
    python3 start.py study        simulation, calibration, theories and scenarios of the cases, in one report
    python3 start.py COMMAND ...  any other command of coprod (cases, params, doctor, ...), with its options

The first command makes the folder .venv here and installs exactly what requirements.lock pins; later ones start at
once. It needs Python 3.12 or 3.13 somewhere on this machine: this script itself runs on any Python from 3.6 on and
looks for a suitable one. `--python 3.12` before the command insists on that version, kept apart in .venv-3.12.
"""

import collections
import contextlib
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
SUPPORTED = ("3.13", "3.12")  # the range of pyproject.toml, in order of preference
SOURCE_ONLY = "antlr4-python3-runtime"  # the one pinned package that is published without a wheel
SPREAD = ("-n", "auto", "--maxprocesses", "4", "--dist", "loadfile")  # all tests, on several processors
STAMP = "coprod-setup"  # a file in .venv: start.py made this folder, and from what
WINDOWS = os.name == "nt"
USUAL_FOLDERS = ("/opt/homebrew/bin", "/usr/local/bin", "/usr/bin")  # a job scheduler may start us with a bare PATH
LEAKS = ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_NO_BINARY")

Interpreter = collections.namedtuple("Interpreter", "command version problem")  # problem: "" when it can be used

PROBE = """
import sys, sysconfig
from importlib.util import find_spec
print("%d.%d.%d" % sys.version_info[:3], sys.implementation.name,
      "free-threaded" if sysconfig.get_config_var("Py_GIL_DISABLED") else "ordinary",
      "complete" if find_spec("venv") and find_spec("ensurepip") else "without-venv")
"""


# ---- which Python ----


def candidates(executable, environ, home, wanted):
    """Yield commands (lists of words) that may start a suitable Python, likeliest first; none has been tried yet."""
    yield [executable or ""]
    folders = [*environ.get("PATH", "").split(os.pathsep), *USUAL_FOLDERS]
    for name in [f"python{version}" for version in wanted] + ["python3", "python"]:
        for folder in filter(None, folders):
            yield [os.path.join(folder, name + ".exe" if WINDOWS else name)]
    for root in (environ.get("PYENV_ROOT"), os.path.join(home, ".pyenv")):
        if root:
            yield from installed_below(pathlib.Path(root) / "versions", wanted)
    for version in wanted:
        yield ["py", f"-{version}"] if WINDOWS else [found_by_uv(version, environ)]


def installed_below(versions, wanted):
    """Yield the interpreters of the wanted versions in pyenv's folder."""
    for version in wanted:
        for folder in sorted(versions.glob(f"{version}.*"), reverse=True):
            yield [str(folder / ("python.exe" if WINDOWS else "bin/python"))]


def found_by_uv(version, environ):
    """Return the path of a Python that the tool uv knows of, or ""; uv is asked not to download one."""
    uv = shutil.which("uv", path=environ.get("PATH", ""))
    return answer([uv, "python", "find", "--system", version], dict(environ, UV_PYTHON_DOWNLOADS="never")) if uv else ""


def answer(command, environ=None):
    """Return what a command prints, stripped; "" when it cannot be started, fails or takes over 20 seconds."""
    try:
        printed = subprocess.check_output(
            command, stderr=subprocess.DEVNULL, env=environ, timeout=20, universal_newlines=True
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return ""
    return printed.strip()


def examine(command, wanted):
    """Return the Interpreter that `command` starts, or None when nothing there answers as a Python."""
    words = answer([*command, "-c", PROBE]).split()
    if len(words) != 4:
        return None
    version, implementation, build, state = words
    problem = "" if state == "complete" else "without venv"
    if version.rsplit(".", 1)[0] not in wanted or implementation != "cpython" or build != "ordinary":
        problem = "unsuitable"
    return Interpreter(command, version, problem)


def choose(commands, wanted):
    """Return the first suitable Interpreter; leave with one line that says what to install when there is none."""
    passed_over = []
    for command in commands:
        found = examine(command, wanted)
        if found and not found.problem:
            return found
        if found:
            passed_over.append(found)
    raise SystemExit(advice(passed_over, wanted))


def advice(passed_over, wanted):
    """Return one line that says what to install."""
    for found in passed_over:
        if found.problem == "without venv":
            package = f"python{found.version.rsplit('.', 1)[0]}-venv"
            lacking = f"Python {found.version} at {' '.join(found.command)} lacks its venv module"
            return f"{lacking}: install it (sudo apt install {package}), then run this again."
    newest = wanted[0]
    way = {"darwin": f"brew install python@{newest}", "win32": f"winget install Python.Python.{newest}"}.get(
        sys.platform,
        f"sudo apt install python{newest} python{newest}-venv, pyenv install {newest}, or uv python install {newest}",
    )
    have = ", ".join(sorted({found.version for found in passed_over}))
    lacking = f"needs Python {' or '.join(reversed(wanted))}, found {'only ' + have if have else 'none'}"
    return f"coprod-abm {lacking}: install one ({way}), then run this again."


# ---- the environment ----


def program(environment, name):
    """Return the path of a program inside an environment."""
    return environment / (f"Scripts/{name}.exe" if WINDOWS else f"bin/{name}")


def digest(*parts):
    """Return a short name for exactly these texts."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:24]


def wanted_stamp():
    """Return the stamp's two lines: what the packages come from, and what the project's own installation comes from."""
    packages = digest(LOCK.read_text(encoding="utf-8"), str(HERE))  # an environment cannot move with its folder
    return [packages, digest((HERE / "pyproject.toml").read_text(encoding="utf-8"))]


def stamp_of(environment):
    """Return the lines of an environment's stamp, [] where it is missing or its interpreter is gone.

    Leaves with a message when the folder holds something that start.py did not make.
    """
    stamp = environment / STAMP
    if environment.is_dir() and not stamp.is_file() and any(environment.iterdir()):
        raise SystemExit(f"{environment} was not made by start.py: move it away, then run this again.")
    usable = stamp.is_file() and program(environment, "python").exists()
    return stamp.read_text(encoding="utf-8").split() if usable else []


def prepare(environment, wanted):
    """Make or mend the environment so that it holds the pinned packages and this project, unless it already does."""
    with alone():
        stamp = stamp_of(environment)
        if stamp == wanted_stamp():
            return
        if stamp[:1] != wanted_stamp()[:1]:
            running = getattr(sys, "_base_executable", sys.executable)  # not the environment that is about to go
            make(environment, choose(candidates(running, os.environ, str(pathlib.Path.home()), wanted), wanted))
        with step("this project"):
            pip(environment, "--no-deps", "--no-build-isolation", "--no-index", "--editable", str(HERE))
        (environment / STAMP).write_text("\n".join(wanted_stamp()), encoding="utf-8")


def make(environment, interpreter):
    """Make the environment anew and install every package of requirements.lock, each file checked against its hash."""
    print(f"Setting up {environment.name} with Python {interpreter.version}; once, a few minutes, about 1 GB.")
    shutil.rmtree(str(environment), ignore_errors=True)
    environment.mkdir(parents=True)
    (environment / STAMP).write_text("unfinished", encoding="utf-8")
    with step("an empty environment"):
        quietly([*interpreter.command, "-m", "venv", str(environment)], environment / "setup.log")
    lock = LOCK.read_text(encoding="utf-8")
    backend = environment / "backend.lock"
    backend.write_text(entry(lock, "setuptools"), encoding="utf-8")
    exact = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirement")
    source = ("--no-build-isolation", "--use-pep517", "--no-binary", SOURCE_ONLY)
    with step("the packages of requirements.lock"):
        pip(environment, *exact, str(backend))
        pip(environment, *exact, str(LOCK), *source)


def entry(lock, name):
    """Return the lines of one package in a lock file: its pin and the hashes that follow it."""
    lines = lock.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(f"{name}=="))
    last = next(number for number in range(first, len(lines)) if not lines[number].endswith("\\"))
    return "\n".join(lines[first : last + 1]) + "\n"


def pip(environment, *arguments):
    """Install with the environment's own pip."""
    install = [str(program(environment, "python")), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    quietly([*install, *arguments], environment / "setup.log")


def quietly(command, log):
    """Run a command with its output in a log file; when it fails, show the end of that and leave."""
    environ = {name: value for name, value in os.environ.items() if name not in LEAKS}
    with log.open("ab") as output:
        code = subprocess.call(command, stdout=output, stderr=subprocess.STDOUT, env=environ, cwd=str(HERE))
    if code:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        told = "\n".join([line for line in lines if not line.startswith("WARNING: Location")][-12:])
        raise SystemExit(f"failed\n\n{told}\n\nMore in {log}. Running this again starts this set-up anew.")


@contextlib.contextmanager
def step(what):
    """Print one line for a step of the set-up: what it installs and, once done, the seconds that it took."""
    start = time.time()
    print(f"  {what} ... ", end="", flush=True)
    yield
    print(f"{time.time() - start:.0f} s", flush=True)


@contextlib.contextmanager
def alone():
    """Wait until no other start.py is setting up this folder. The lock ends with the process, however it ends."""
    with LOCK.open("rb") as file:
        with contextlib.suppress(ImportError, OSError):  # Windows and some network folders have no such lock
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("Waiting: another start.py is setting up this folder.", flush=True)
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


# ---- the command ----


def requested(arguments):
    """Return (wanted versions, folder of the environment, command) from the command line."""
    if arguments[:1] != ["--python"]:
        return SUPPORTED, HERE / ".venv", arguments
    if len(arguments) < 2 or arguments[1] not in SUPPORTED:
        raise SystemExit(f"--python takes one of {', '.join(reversed(SUPPORTED))}.")
    return (arguments[1],), HERE / f".venv-{arguments[1]}", arguments[2:]


def become(command, folder):
    """Go on as another program, in `folder`; never returns."""
    sys.stdout.flush()
    os.environ.pop("PYTHONHOME", None)
    os.chdir(str(folder))
    if WINDOWS:  # where exec would hand the terminal back at once
        sys.exit(subprocess.call(command))
    os.execv(command[0], command)


def main(arguments):
    """Set up what is missing, then do what the command line asks."""
    wanted, environment, command = requested(arguments)
    if not command or command[0] in ("-h", "--help"):
        print(__doc__.strip())
        return
    prepare(environment, wanted)
    if command[0] == "test":
        become([str(program(environment, "python")), "-m", "pytest", *(command[1:] or SPREAD)], HERE)
    become([str(program(environment, "coprod")), *command], os.getcwd())


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("\nstopped; run this again to go on")
