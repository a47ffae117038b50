"""PROJ's own messages never reach the screen: opened in a fresh process, as the first file of it."""

import subprocess
import sys

from bad_inputs import texture, write_tiff


def test_a_crs_in_kilometres_prints_nothing(tmp_path):
    path = write_tiff(tmp_path / "a.tif", texture(), crs="+proj=utm +zone=14 +units=km +datum=WGS84", x=620, y=3350, size=0.0005)
    code = f"from chronosight.scenes.open import open_scene\nassert 0.45 < open_scene({str(path)!r}).metres_per_pixel < 0.55"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
