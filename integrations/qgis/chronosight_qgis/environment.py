"""The environment that Chronosight runs in: its own, below the user's QGIS profile, never the Python of QGIS.

The command is, in this order: the one that the variable CHRONOSIGHT_COMMAND names, the setting "chronosight/command", the
one of the environment that "Install or update Chronosight" made, and `chronosight` on the PATH.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from qgis.core import QgsApplication, QgsSettings

OLDEST = (3, 11)  # Python
WINDOWS = sys.platform == "win32"


def folder():
    """Where the environment is made."""
    return Path(QgsApplication.qgisSettingsDirPath()) / "chronosight" / "environment"


def script(name):
    """Path of a program of the environment."""
    return folder() / ("Scripts" if WINDOWS else "bin") / (f"{name}.exe" if WINDOWS else name)


def command():
    """Path of the `chronosight` command, or None where it is not installed."""
    named = os.environ.get("CHRONOSIGHT_COMMAND") or QgsSettings().value("chronosight/command", "")
    for place in (named, str(script("chronosight"))):
        if place and Path(place).is_file():
            return str(place)
    return shutil.which("chronosight")


def default_package():
    """The wheel that the packaged plugin carries, else the package of the index; with the plot of timelines."""
    wheels = sorted((Path(__file__).parent / "wheels").glob("chronosight-*.whl"))
    return f"chronosight[timeline] @ {wheels[-1].as_uri()}" if wheels else "chronosight[timeline]"


def clean_environment():
    """The variables of QGIS without those that would lead another Python to QGIS's packages."""
    own = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV", "GDAL_", "PROJ_"))}
    return {**own, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", "CHRONOSIGHT_PROGRESS_SECONDS": "1"}


def find_python():
    """A Python that is new enough and not the one of QGIS, or None."""
    for name in ("python3", "python3.13", "python3.12", "python3.11", "python"):
        path = shutil.which(name)
        if path is None:
            continue
        asked = [path, "-c", "import sys; print(*sys.version_info[:2])"]
        try:
            done = subprocess.run(asked, capture_output=True, text=True, timeout=20, env=clean_environment(), check=True)
            if tuple(int(part) for part in done.stdout.split()) >= OLDEST:
                return path
        except (OSError, ValueError, subprocess.SubprocessError):
            continue
    return None


def install_commands(package):
    """The commands that make the environment and install a package into it.

    Returns:
        A list of commands, or one line that says what is missing.
    """
    place, uv = str(folder()), shutil.which("uv")
    if uv is not None:
        make = [] if script("python").exists() else [[uv, "venv", "--python", f">={OLDEST[0]}.{OLDEST[1]}", place]]
        install = [uv, "pip", "install", "--python", str(script("python")), "--upgrade", "--reinstall-package", "chronosight"]
        return [*make, [*install, package]]
    python = find_python()
    if python is None and not script("python").exists():
        return f"neither uv nor a Python of {OLDEST[0]}.{OLDEST[1]} or newer was found on the PATH; install one of them"
    make = [] if script("python").exists() else [[python, "-m", "venv", place]]
    install = [str(script("python")), "-m", "pip", "install", "--disable-pip-version-check"]
    # Once more without dependencies: pip leaves a package alone whose version is the same, even if the wheel is another.
    return [*make, [*install, "--upgrade", package], [*install, "--force-reinstall", "--no-deps", package]]
