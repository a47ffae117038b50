"""Packs the QGIS plugin: python integrations/qgis/package.py [OUT.zip] [--without-wheel]

The zip holds the plugin and, by default, the wheel of this checkout, so that the plugin installs the Chronosight it was made
with. In QGIS: Plugins > Manage and Install Plugins > Install from ZIP.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PLUGIN = Path(__file__).parent / "chronosight_qgis"
ROOT = Path(__file__).parents[2]
SUFFIXES = {".py", ".txt", ".svg"}


def main() -> None:
    """Writes the zip to a temporary name, then renames it."""
    parser = argparse.ArgumentParser(description="Packs the QGIS plugin.")
    parser.add_argument("out", nargs="?", default="chronosight_qgis.zip", type=Path, help="the zip to write")
    parser.add_argument("--without-wheel", action="store_true", help="leave out the wheel: the package index gives Chronosight")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if not options.without_wheel:
            command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, str(ROOT)]
            subprocess.run(command, check=True)
        part = options.out.with_name(options.out.name + ".part")
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as file:
            for path in sorted(PLUGIN.rglob("*")):
                if path.suffix in SUFFIXES and "__pycache__" not in path.parts:
                    file.write(path, path.relative_to(PLUGIN.parent))
            file.write(ROOT / "LICENSE", "chronosight_qgis/LICENSE")
            for wheel in Path(folder).glob("*.whl"):
                file.write(wheel, f"chronosight_qgis/wheels/{wheel.name}")
        os.replace(part, options.out)
    print(options.out, f"{options.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
