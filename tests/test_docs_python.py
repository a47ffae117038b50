"""Every snippet of docs/python.md and of the README's Python section, run in order as a reader would."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("page", ["docs/python.md", "README.md"])
def test_the_snippets_run(page, tmp_path):
    for name in ("geopandas", "matplotlib", "rioxarray"):
        pytest.importorskip(name)
    blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / page).read_text(encoding="utf-8"), re.M | re.S)
    assert len(blocks) >= (8 if page.startswith("docs") else 1)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "page.py").write_text("\n".join(blocks))
    done = subprocess.run(
        [sys.executable, "page.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300,
        env={**os.environ, "MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "map.html").is_file()
    if page.startswith("docs"):
        assert (tmp_path / "report" / "objects.gpkg").is_file() and (tmp_path / "with-zones" / "zones.csv").is_file()
        assert "numpy.moveaxis" in done.stdout
