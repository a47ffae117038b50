"""One server process for most test files; all skipped where the extra is not installed."""

from importlib.util import find_spec

import pytest

from large_scenes import Drawn, write_pair

MISSING = [name for name in ("fastapi", "uvicorn", "rio_tiler", "mcp", "openai") if find_spec(name) is None]


class Skipped(pytest.Module):
    """A test file that is not imported."""

    def collect(self):
        pytest.skip(f"{', '.join(MISSING)} missing: pip install 'chronosight[dev]'", allow_module_level=True)


def pytest_pycollect_makemodule(module_path, parent):
    return Skipped.from_parent(parent, path=module_path) if MISSING else None


@pytest.fixture(scope="session")
def served(tmp_path_factory, bundle_folder):
    from served import Rows, Served

    images, folder = tmp_path_factory.mktemp("images"), tmp_path_factory.mktemp("served")
    write_pair(images, 128, 128, DRAWN)
    rows = Rows(folder / "rows")
    server = Served(folder / "data", "--root", str(images), weights=bundle_folder, **rows.environment).start()
    server.rows = rows
    yield server
    server.stop()


DRAWN = [Drawn(20, 20, 24, 16), Drawn(70, 84, 30, 20), Drawn(10, 100, 40, 9, "road")]


@pytest.fixture(scope="session")
def pair(tmp_path_factory):
    """Two georeferenced GeoTIFFs of 128 x 128 pixels: two new buildings, one new road."""
    return write_pair(tmp_path_factory.mktemp("pair"), 128, 128, DRAWN)


@pytest.fixture(scope="session")
def plain_image(tmp_path_factory, pair):
    """A PNG without a georeference."""
    import rasterio
    from PIL import Image

    path = tmp_path_factory.mktemp("plain") / "plain.png"
    with rasterio.open(pair[1]) as file:
        Image.fromarray(file.read().transpose(1, 2, 0)).save(path)
    return path
