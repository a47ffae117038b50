"""The example notebooks run from top to bottom, on the rendered example images alone."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# A scene of one tile instead of 25, taken for a large one all the same: the notebook itself runs for half a minute.
SMALL = {
    "whole_scene": ("REPEATS = 4", "REPEATS = 1\n\nfrom chronosight.scenes.large import choose\n\nchoose.LARGE_PIXELS = 100_000"),
    "score_a_system": ("PAIRS = 6", "PAIRS = 2"),
}


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "examples").glob("*.ipynb")))
def test_the_notebook_runs(name, tmp_path, monkeypatch):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    for needed in ("ipykernel", "geopandas", "matplotlib"):
        pytest.importorskip(needed)
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    for path in (ROOT / "examples").glob("*.tif"):
        shutil.copy(path, tmp_path)
    notebook = nbformat.read(ROOT / "examples" / f"{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        if name in SMALL and SMALL[name][0] in cell.source:
            cell.source = cell.source.replace(*SMALL[name])
            break
    else:
        assert name not in SMALL, f"the notebook no longer says {SMALL[name][0]}"
    nbclient.NotebookClient(
        notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not any(output.output_type == "error" for output in shown)
    pages = "".join(output.data.get("text/html", "") for output in shown if "data" in output)
    written = {path.name for path in tmp_path.iterdir()}
    if name == "pair":
        assert "data:image/jpeg" in pages and "<iframe" in pages and {"map.html", "report"} <= written
    elif name == "whole_scene":
        assert "North-west" in pages and (tmp_path / "scene" / "report" / "cells.csv").is_file()
    else:
        assert any("compact" in output.get("text", "") for output in shown)
    assert os.fspath(tmp_path) not in pages
