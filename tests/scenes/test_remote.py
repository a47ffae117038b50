"""Images at addresses: off until allowed, read by windows, and never from where a redirect must not lead."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import rasterio

from bad_inputs import texture, write_tiff
from chronosight.errors import InputError
from chronosight.scenes.large.opened import open_header
from chronosight.scenes.open import open_scene
from chronosight.scenes.remote import allow_remote, remote_path


class Server:
    """Serves files of a folder on loopback, in ranges; counts bytes; `redirects` maps paths to addresses."""

    def __init__(self, folder):
        self.sent, self.redirects = 0, {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self):
                self.reply(False)

            def do_GET(self):
                self.reply(True)

            def reply(self, with_body):
                if target := outer.redirects.get(self.path):
                    self.send_response(302)
                    self.send_header("Location", target)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                path = folder / self.path.lstrip("/")
                if not path.is_file():
                    self.send_error(404)
                    return
                content = path.read_bytes()
                match = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
                start, stop = (int(match[1]), int(match[2] or len(content) - 1) + 1) if match else (0, len(content))
                part = content[start:stop]
                self.send_response(206 if match else 200)
                self.send_header("Accept-Ranges", "bytes")
                self.send_header("Content-Length", str(len(part)))
                if match:
                    self.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{len(content)}")
                self.end_headers()
                if with_body:
                    outer.sent += len(part)
                    self.wfile.write(part)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.address = f"http://{self.host}"


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    made = Server(tmp_path)
    yield made
    made.server.shutdown()
    allow_remote(())


def test_addresses_are_off_until_allowed_and_the_error_names_the_switch(server, tmp_path):
    write_tiff(tmp_path / "a.tif", texture())
    for address in (f"{server.address}/a.tif", "https://example.org/a.tif", "s3://bucket/a.tif", "ftp://example.org/a.tif"):
        with pytest.raises(InputError, match="--allow-remote"):
            open_scene(address)
    assert server.sent == 0
    allow_remote([server.address])
    assert np.array_equal(open_scene(f"{server.address}/a.tif").frames, open_scene(tmp_path / "a.tif").frames)
    with pytest.raises(InputError, match="--allow-remote s3://bucket"):
        open_scene("s3://bucket/a.tif")


def test_only_the_windows_needed_are_fetched(server, tmp_path):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (2048, 2048, 3)).astype(np.uint8)
    write_tiff(tmp_path / "large.tif", pixels, tiled=True, blockxsize=256, blockysize=256)
    allow_remote([server.address])
    header = open_header(f"{server.address}/large.tif")
    read = header.read((512, 768, 200, 100))
    assert np.array_equal(read.values, pixels[768:868, 512:712].transpose(2, 0, 1))
    assert server.sent < 0.1 * (tmp_path / "large.tif").stat().st_size


def test_a_pair_at_addresses_is_the_pair_on_disk(server, tmp_path):
    for index, name in enumerate(("a_2012-07-01.tif", "b_2015-07-01.tif")):
        write_tiff(tmp_path / name, texture(seed=index))
    allow_remote([server.address])
    names = ("a_2012-07-01.tif", "b_2015-07-01.tif")
    far, near = open_scene(*(f"{server.address}/{name}" for name in names)), open_scene(*(tmp_path / name for name in names))
    assert np.array_equal(far.frames, near.frames) and far.times == near.times and far.georeference == near.georeference


def test_redirects_lead_only_where_it_is_allowed(server, tmp_path):
    write_tiff(tmp_path / "a.tif", texture())
    port = server.server.server_port
    server.redirects = {"/near": "/a.tif", "/other": "http://127.0.0.1:9/a.tif", "/inside": f"http://localhost:{port}/a.tif",
                        "/meta": "http://169.254.169.254/latest", "/loop": "/loop", "/file": "file:///etc/passwd"}  # fmt: skip
    allow_remote([server.address, f"http://localhost:{port}"])
    assert open_scene(f"{server.address}/near").kind == "image"
    for path, said in (("other", "127.0.0.1:9"), ("inside", "private network"), ("meta", "169.254"), ("loop", "redirects"),
                       ("file", "no host")):  # fmt: skip
        with pytest.raises(InputError, match=said):
            remote_path(f"{server.address}/{path}")


def test_what_is_no_image_or_not_there_is_one_line(server, tmp_path):
    (tmp_path / "page.html").write_text("<html></html>")
    allow_remote([server.address])
    with pytest.raises(InputError, match="answers 404"):
        open_scene(f"{server.address}/absent.tif")
    with pytest.raises(InputError, match="a text file"):
        open_scene(f"{server.address}/page.html")


@pytest.mark.parametrize("entry", ["", "host/path", "ftp://host", "user@host", "*"])
def test_entries_that_are_neither_host_nor_bucket(entry):
    with pytest.raises(InputError, match="expected a host"):
        allow_remote([entry])


def test_vrts_of_local_images_alone(tmp_path):
    path = write_tiff(tmp_path / "a.tif", texture())
    with rasterio.open(path) as source, rasterio.vrt.WarpedVRT(source):
        pass
    bands = "".join(
        f'<VRTRasterBand dataType="Byte" band="{band}"><SimpleSource><SourceFilename relativeToVRT="1">NAME</SourceFilename>'
        f"<SourceBand>{band}</SourceBand></SimpleSource></VRTRasterBand>"
        for band in (1, 2, 3)
    )
    text = f'<VRTDataset rasterXSize="64" rasterYSize="64">{bands}</VRTDataset>'
    (tmp_path / "m.vrt").write_text(text.replace("NAME", "a.tif"))
    with pytest.raises(InputError, match="--allow-remote vrt"):
        open_scene(tmp_path / "m.vrt")
    allow_remote(["vrt"])
    try:
        assert np.array_equal(open_scene(tmp_path / "m.vrt").frames, open_scene(path).frames)
        for name, said in (("/vsicurl/http://127.0.0.1/a.tif", "address|host"), ("absent.tif", "does not exist")):
            (tmp_path / "n.vrt").write_text(text.replace("NAME", name).replace('relativeToVRT="1"', 'relativeToVRT="0"'))
            with pytest.raises(InputError, match=said):
                open_scene(tmp_path / "n.vrt")
    finally:
        allow_remote(())


def test_a_whole_scene_at_addresses_is_the_one_on_disk(server, tmp_path, bundle_folder):
    import chronosight
    from large_scenes import Drawn, draw
    from large_scenes import write_tiff as write_large

    before, after = draw(2048, 2048, [Drawn(300, 400, 40, 30), Drawn(1500, 900, 40, 30)])
    files = [write_large(tmp_path / f"{name}.tif", pixels) for name, pixels in (("before", before), ("after", after))]
    allow_remote([server.address])
    engine = chronosight.load(weights=bundle_folder)
    near = chronosight.describe(*files, engine=engine, out=tmp_path / "near")
    far = chronosight.describe(*(f"{server.address}/{path.name}" for path in files), engine=engine, out=tmp_path / "far")
    assert far.is_whole_scene and len(far.objects) == len(near.objects) == 2
    for name in ("mask.tif", "objects.geojson", "cells.csv"):
        assert (tmp_path / "near" / name).read_bytes() == (tmp_path / "far" / name).read_bytes()
