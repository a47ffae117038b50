"""Every boundary at which files or replies come in: how whole ones are made, and how users' commands read them."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from fuzz_mutations import Draw, changed_bytes, changed_json, changed_tags, changed_yaml
from PIL import Image

from chronosight.errors import InputError

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))  # small inputs of every kind are made there


@dataclass
class Boundary:
    """A kind of input. `build` fills a folder once and names the files to change; `read` gives the folder to its reader."""

    name: str
    share: int
    build: Callable[[Path], list[str]]
    read: Callable[[Path, str], Any]
    change: Callable[[bytes, Draw], bytes] = changed_bytes
    files: list[str] = field(default_factory=list)


def texture(seed: int = 0) -> np.ndarray:
    """(64, 64, 3) uint8."""
    rng = np.random.default_rng(seed)
    return (np.kron(rng.uniform(0, 200, (8, 8, 3)), np.ones((8, 8, 1))) + rng.uniform(0, 50, (64, 64, 3))).astype(np.uint8)


def open_image(folder: Path, name: str) -> None:
    """As `ask` opens a file; a pair with a whole file where there is one."""
    from chronosight.scenes.open import open_scene

    open_scene(folder / name)
    whole = folder / "whole" / name
    if whole.is_file():
        open_scene(whole, folder / name, resize=True)


def build_images(folder: Path, *endings: str) -> list[str]:
    (folder / "whole").mkdir()
    for ending in endings:
        for place in (folder, folder / "whole"):
            picture = Image.fromarray(texture(len(str(place))))
            picture.save(place / f"a.{ending}", **({"lossless": True} if ending == "webp" else {}))
    return [f"a.{ending}" for ending in endings]


def build_animations(folder: Path) -> list[str]:
    frames = [Image.fromarray(texture(seed)) for seed in range(10)]
    for ending in ("gif", "webp", "png"):
        frames[0].save(folder / f"moving.{ending}", save_all=True, append_images=frames[1:], duration=100)
    return [f"moving.{ending}" for ending in ("gif", "webp", "png")]


def build_videos(folder: Path) -> list[str]:
    from bad_inputs import write_video

    names = ["a.mp4", "a.mkv", "a.avi", "a.mov"]
    for name in names:
        write_video(folder / name, 12)
    return names


def build_tiffs(folder: Path) -> list[str]:
    from bad_inputs import write_tiff

    (folder / "whole").mkdir()
    kinds: dict[str, tuple[np.ndarray, dict[str, Any]]] = {
        "rgb.tif": (texture(), {"compress": "deflate"}), "u16.tif": (texture().astype(np.uint16) * 200, {"nodata": 0}),
        "f32.tif": (texture().astype(np.float32) / 255, {"tiled": True, "blockxsize": 16, "blockysize": 16}),
        "four.tif": (np.dstack([texture(), texture()[..., 0]]), {"photometric": "minisblack", "interleave": "band"}),
        "grey.tif": (texture()[..., :1], {}), "jpeg.tif": (texture(), {"compress": "jpeg", "photometric": "ycbcr"}),
    }  # fmt: skip
    for name, (pixels, options) in kinds.items():
        for place in (folder, folder / "whole"):
            write_tiff(place / name, pixels, **options)
    return list(kinds)


def build_side_files(folder: Path) -> list[str]:
    import rasterio

    from bad_inputs import write_tiff

    write_tiff(folder / "a.tif", texture(), epsg=None)
    with rasterio.open(write_tiff(folder / "b.tif", texture())) as dataset, rasterio.Env(TIFF_USE_OVR="YES"):
        pass
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False, TIFF_USE_OVR=True), rasterio.open(folder / "b.tif", "r+") as dataset:
        dataset.build_overviews([2])
        dataset.write_mask(np.full((64, 64), 255, np.uint8))
    (folder / "a.tif.aux.xml").write_text(
        '<PAMDataset><SRS>EPSG:32614</SRS><GeoTransform>600000,1,0,3300000,0,-1</GeoTransform><Metadata><MDI key="AREA_OR_POINT">'
        'Area</MDI></Metadata><PAMRasterBand band="1"><Description>Red</Description><NoDataValue>7</NoDataValue><ColorInterp>Red'
        '</ColorInterp><Offset>3</Offset><Scale>2</Scale><Metadata domain="IMAGE_STRUCTURE"><MDI key="NBITS">8</MDI></Metadata>'
        "</PAMRasterBand></PAMDataset>"
    )
    (folder / "a.tfw").write_text("1.0\n0.0\n0.0\n-1.0\n600000.5\n3299999.5\n")
    return [path.name for path in sorted(folder.iterdir()) if path.suffix not in (".tif",)]


def open_beside(folder: Path, name: str) -> None:
    """The rasters beside changed side files, alone and as a pair."""
    from chronosight.scenes.open import open_scene

    open_scene(folder / ("a.tif" if name.startswith("a.") else "b.tif"))
    open_scene(folder / "b.tif", folder / "a.tif")


def build_zones(folder: Path) -> list[str]:
    from rasterio.warp import transform_geom

    from changed_scenes import collection, pixels

    zones = collection(a=pixels(0, 0, 150, 300), b=pixels(150, 0, 300, 200))
    (folder / "zones.geojson").write_text(json.dumps(zones))
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}}
    for feature in zones["features"]:
        feature["geometry"] = transform_geom("EPSG:4326", "EPSG:32632", feature["geometry"])
    (folder / "crs.geojson").write_text(json.dumps({**zones, "crs": crs}))
    return ["zones.geojson", "crs.geojson"]


def read_zones(folder: Path, name: str) -> None:
    from changed_scenes import summary, town
    from chronosight.engines.zones import count_zones
    from chronosight.reports.zones_file import read_zones as read

    count_zones(town(), read(folder / name), summary(town()).footprint).to_dict()


def build_data(folder: Path) -> list[str]:
    from published_data import write_all
    from tiny_benchmarks import write_levir
    from tiny_instructions import write_instructions

    write_levir(folder / "levir")
    write_instructions(folder / "records", pairs=2)
    write_all(folder / "published")
    rows = [{"id": f"{i}", "reply": "yes", "confidence": 0.5, "value": 3} for i in range(4)]
    (folder / "predictions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    named = ["levir/LevirCCcaptions.json", "records/train.jsonl", "predictions.jsonl"]
    published = sorted(path for path in (folder / "published").rglob("*.json*"))
    return [*named, *(str(path.relative_to(folder)) for path in published)]


def read_data(folder: Path, name: str) -> None:
    """Every reader of the commands `data` and `eval` that takes this file."""
    from chronosight.datasets.changeimti.check import check_files
    from chronosight.datasets.levir import read_pairs
    from chronosight.datasets.published import DATASETS, read_dataset
    from chronosight.evaluation.predictions import read_predictions

    if name.startswith("levir/"):
        list(read_pairs(folder / "levir"))
    elif name.startswith("records/"):
        check_files([folder / name], None, folder / "records")
    elif name == "predictions.jsonl":
        read_predictions(folder / name)
    else:
        for dataset in DATASETS:
            root = next(parent for parent in (folder / name).parents if parent.parent == folder / "published")
            try:
                read_dataset(dataset, root)
            except InputError as error:
                if "\n" in str(error):
                    raise


def build_manifests(folder: Path) -> list[str]:
    for name in ("a.png", "b.png"):
        Image.fromarray(texture()).save(folder / name)
    row = {"id": "one", "before": "a.png", "after": "b.png", "before_date": "2020-01-01", "questions": ["How many?"]}
    (folder / "pairs.jsonl").write_text(json.dumps(row) + "\n" + json.dumps({**row, "id": "two"}))
    (folder / "pairs.csv").write_text("id,before,after,questions\none,a.png,b.png,How many?\ntwo,a.png,b.png,\n")
    item = {
        "type": "Feature", "stac_version": "1.0.0", "id": "x", "geometry": None, "bbox": [0, 0, 1, 1], "links": [],
        "properties": {"datetime": "2020-01-01T00:00:00Z", "place": "p"},
        "assets": {"before": {"href": "a.png", "roles": ["before"]}, "after": {"href": "b.png", "roles": ["after"]}},
    }  # fmt: skip
    (folder / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": [item]}))
    return ["pairs.jsonl", "pairs.csv", "items.json"]


def read_manifest(folder: Path, name: str) -> None:
    from chronosight.batch.manifest import read_manifest as read

    read(folder / name)


def change_manifest(data: bytes, draw: Draw) -> bytes:
    return changed_json(data, draw) if data.startswith((b"{", b"[")) else changed_bytes(data, draw)


def build_recipes(folder: Path) -> list[str]:
    for path in sorted((Path(__file__).parents[1] / "recipes").glob("*.yaml")):
        shutil.copy(path, folder)
    return [path.name for path in sorted(folder.iterdir())]


def read_recipe(folder: Path, name: str) -> None:
    from chronosight.training.recipes.read import read_recipe as read

    read(folder / name)


def build_weights(folder: Path) -> list[str]:
    from tiny_bundle import write_bundle

    write_bundle(folder / "weights")
    path = folder / "weights" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "checksums": {}}))  # so that changed files are opened at all
    names = sorted(path.name for path in (folder / "weights").iterdir())
    return [f"weights/{name}" for name in (*names, *["config.json"] * len(names))]


def read_weights(folder: Path, name: str) -> None:
    """Loaded, and asked about a pair and an image."""
    from chronosight.engines import load
    from chronosight.scenes.scene import Scene

    engine = load("compact", folder / "weights", 1)
    frames = np.stack([texture(1), texture(2)])
    engine.describe(Scene("pair", frames, np.ones((64, 64), bool), ("a", "b")))
    engine.ask(Scene("image", frames[:1], np.ones((64, 64), bool), ("a",)), "How many buildings are there?")


def change_weights(data: bytes, draw: Draw) -> bytes:
    return changed_json(data, draw) if data.lstrip().startswith(b"{") else changed_bytes(data, draw)


def build_torch_weights(folder: Path) -> list[str]:
    from tiny_full_size import write_weights
    from tiny_qwen import write_tiny_qwen

    write_tiny_qwen(folder / "qwen")
    write_weights(folder / "unirs")
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix in (".json", ".safetensors", ".model", ".txt")]
    return [str(path.relative_to(folder)) for path in paths]


def read_torch_weights(folder: Path, name: str) -> None:
    """Loaded by the full-size engines, or converted."""
    from chronosight.engines.unirs.load import load_unirs
    from chronosight.models.changevg.loading import load_model
    from chronosight.models.changevg.processing import ChangeVGProcessor
    from chronosight.models.unirs.convert import convert

    if name.startswith("qwen"):
        ChangeVGProcessor.from_pretrained(str(folder / "qwen"))
        load_model(folder / "qwen")
    elif name.startswith("unirs/published"):
        convert(folder / "unirs" / "published", folder / "unirs" / "again", "unirs")
    else:
        load_unirs(folder / "unirs" / "weights", device="cpu")


def build_results(folder: Path) -> list[str]:
    from bad_inputs import write_tiff
    from chronosight.engines import load
    from chronosight.pipeline import describe
    from tiny_bundle import write_bundle

    after = texture()
    after[10:26, 12:36] = 255
    paths = write_tiff(folder / "before.tif", texture()), write_tiff(folder / "after.tif", after)
    with tempfile.TemporaryDirectory() as weights:
        describe(*paths, load("compact", write_bundle(Path(weights) / "tiny"), 1), folder / "report")
    names = ("description.json", "objects.geojson", "description.json", "mask.tif", "probability.tif", "mask.png")
    return [f"report/{name}" for name in names]


def read_results(folder: Path, name: str) -> None:
    """As `ask` and the page read a folder that `describe --out` wrote."""
    from chronosight.pipeline import ask
    from chronosight.reports.read import read_description

    for question in ("How many new buildings?", "What is the total area of new roads?", "Describe the changes"):
        ask([folder / "report"], question, lambda: None)
    maps = read_description(folder / "report").evidence
    if name.endswith(("tif", "png")):
        maps.codes(0, 20)


def build_replies(folder: Path) -> list[str]:
    step = {"token": "Yes", "logprob": -0.1, "top_logprobs": [{"token": "Yes", "logprob": -0.1}, {"token": "No", "logprob": -3}]}
    choice = {"message": {"role": "assistant", "content": "Yes"}, "finish_reason": "stop", "logprobs": {"content": [step]}}
    body = json.dumps({"choices": [choice], "model": "a"}).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    (folder / "whole.http").write_bytes(head % len(body) + body)
    (folder / "body.json").write_bytes(body)
    return ["whole.http", "body.json"]


def read_reply(folder: Path, name: str) -> None:
    """A question to an endpoint on this machine that sends these bytes."""
    import socket

    from chronosight.engines.changevg.endpoint import Endpoint

    data = (folder / name).read_bytes()
    if name == "body.json":
        data = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(data) + data
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            connection, _ = listening.accept()
            with connection:
                connection.settimeout(1)
                try:
                    head = connection.recv(1 << 20)
                    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
                    body = head.partition(b"\r\n\r\n")[2]
                    while len(body) < length:
                        body += connection.recv(1 << 20)
                    connection.sendall(data)
                except (OSError, ValueError):
                    pass

    threading.Thread(target=serve, daemon=True).start()
    endpoint = Endpoint(f"http://127.0.0.1:{listening.getsockname()[1]}/v1", "a-model", seconds=3.0)
    endpoint.encode([np.zeros((8, 8, 3), np.uint8)]).replies([[{"type": "text", "text": "What?"}]], 8)


BOUNDARIES = [
    Boundary("images", 12, lambda folder: build_images(folder, "png", "jpg", "webp", "jp2"), open_image),
    Boundary("animations", 5, build_animations, open_image),
    Boundary("videos", 10, build_videos, open_image),
    Boundary("rasters", 8, build_tiffs, open_image),
    Boundary("raster tags", 10, build_tiffs, open_image, changed_tags),
    Boundary("side files", 8, build_side_files, open_beside),
    Boundary("zones", 8, build_zones, read_zones, changed_json),
    Boundary("data", 9, build_data, read_data, changed_json),
    Boundary("manifests", 5, build_manifests, read_manifest, change_manifest),
    Boundary("recipes", 6, build_recipes, read_recipe, changed_yaml),
    Boundary("weights", 8, build_weights, read_weights, change_weights),
    Boundary("full-size weights", 3, build_torch_weights, read_torch_weights, change_weights),
    Boundary("result folders", 5, build_results, read_results, change_weights),
    Boundary("replies", 3, build_replies, read_reply, change_weights),
]
