"""The public Python API: it reaches what the command line does, whole scenes and zones included, and stays light."""

import inspect
import json
import subprocess
import sys

import pytest

import chronosight
from chronosight.errors import InputError
from chronosight.scenes.large import choose
from large_scenes import Drawn, scattered, write_pair

HEIGHT, WIDTH = 400, 600


@pytest.fixture
def engine(bundle_folder):
    return chronosight.load(weights=bundle_folder, threads=1)


@pytest.fixture
def pair(tmp_path):
    return write_pair(tmp_path / "in", HEIGHT, WIDTH, [*scattered(HEIGHT, WIDTH), Drawn(20, 370, 500, 10, "road")])


@pytest.fixture
def zones(tmp_path, pair):
    """The western and the eastern half of the pair."""
    import rasterio
    from rasterio.warp import transform

    features = []
    with rasterio.open(pair[0]) as file:
        for name, left, right in (("West", 0, 300), ("East", 300, 600)):
            corners = [(left, 0), (left, HEIGHT), (right, HEIGHT), (right, 0), (left, 0)]
            lonlat = transform(file.crs, "EPSG:4326", *zip(*(file.transform * corner for corner in corners), strict=True))
            shape = {"type": "Polygon", "coordinates": [[list(point) for point in zip(*lonlat, strict=True)]]}
            features.append({"type": "Feature", "properties": {"name": name}, "geometry": shape})
    path = tmp_path / "zones.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_import_is_light_and_types_come_on_demand():
    heavy = "('numpy', 'rasterio', 'onnxruntime', 'tokenizers', 'scipy', 'PIL', 'torch', 'shapely', 'jinja2', 'pydantic')"
    code = f"import sys, chronosight; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert all(getattr(chronosight, name) is not None for name in chronosight.__all__)
    assert set(chronosight.__all__) <= set(dir(chronosight))
    with pytest.raises(AttributeError):
        _ = chronosight.missing


@pytest.mark.parametrize("name", ["ask", "describe", "load", "open"])
def test_functions_are_typed_and_explained(name):
    function = getattr(chronosight, name)
    signature = inspect.signature(function)
    assert all(one.annotation is not inspect.Parameter.empty for one in signature.parameters.values())
    assert signature.return_annotation is not inspect.Signature.empty
    text = inspect.getdoc(function)
    assert "Args:" in text and "Returns:" in text and "Raises:" in text
    assert all(f"{parameter}:" in text for parameter in signature.parameters)


@pytest.mark.parametrize("whole_scene", [False, True])
def test_describe_counts_zones_answers_questions_and_writes(engine, pair, zones, tmp_path, monkeypatch, whole_scene):
    if whole_scene:
        monkeypatch.setattr(choose, "LARGE_PIXELS", 1000)
    out = tmp_path / "out"
    questions = ["Which zone changed most?", "What length of roads was built?"]
    found = chronosight.describe(*pair, out=out, zones=zones, questions=questions, engine=engine)
    assert isinstance(found, chronosight.Description) and found.is_whole_scene is whole_scene
    assert all(isinstance(item, chronosight.ChangedObject) for item in found.objects)
    assert [row.name for row in found.zones.rows] == ["West", "East"]
    assert sum(row.all.count for row in found.zones.rows) == len(found.objects)
    assert [question for question, _ in found.answers] == questions
    assert found.answers[0][1].task == "zone"
    longest = max(item.length_m or 0 for item in found.objects)
    assert longest == pytest.approx(500, rel=0.03) and found.answers[1][1].value >= longest - 1
    assert {path.name for path in out.iterdir()} == set(found.files)
    asked = chronosight.ask(out, "How many buildings appeared in West?", engine=engine)
    assert isinstance(asked, chronosight.Answer)
    assert asked.value == sum(
        item.key == ("building", "appeared") and item.number in found.zones.rows[0].numbers for item in found.objects
    )


def test_a_pair_and_a_whole_scene_describe_the_same_objects_in_the_same_fields(engine, pair, tmp_path, monkeypatch):
    small = chronosight.describe(*pair, out=tmp_path / "small", engine=engine, register=False)
    monkeypatch.setattr(choose, "LARGE_PIXELS", 1000)
    large = chronosight.describe(*pair, out=tmp_path / "large", engine=engine, register=False)
    assert len(small.objects) == len(large.objects) > 5
    for name in ("description.json", "objects.geojson"):
        ours, theirs = (json.loads((tmp_path / kind / name).read_text()) for kind in ("small", "large"))
        rows = ours["objects"] if name == "description.json" else [one["properties"] for one in ours["features"]]
        others = theirs["objects"] if name == "description.json" else [one["properties"] for one in theirs["features"]]
        for row, other in zip(rows, others, strict=True):
            assert set(other) - set(row) == ({"tile"} if name == "description.json" else set()) and set(row) <= set(other)
            assert row["area_m2"] == pytest.approx(other["area_m2"], abs=0.2)
            assert (row["number"], row["class"], row["direction"], row["cell"]) == (
                other["number"], other["class"], other["direction"], other["cell"]
            )  # fmt: skip


def test_a_result_folder_needs_no_engine(engine, pair, tmp_path):
    chronosight.describe(*pair, out=tmp_path / "out", engine=engine)
    answer = chronosight.ask(tmp_path / "out", "What area of buildings appeared?", engine="no such engine")
    assert answer.task == "area" and answer.unit == "m2"


def test_a_place_is_asked_by_coordinates(engine, pair):
    import rasterio
    from rasterio.warp import transform

    with rasterio.open(pair[0]) as file:
        (lon,), (lat,) = transform(file.crs, "EPSG:4326", *zip(file.transform * (300, 200), strict=True))
    answer = chronosight.ask(pair, "Has anything changed?", at=(lon, lat), engine=engine)
    assert answer.task == "binary" and any("around" in note for note in answer.notes)


def test_describe_takes_one_question_as_text(engine, pair):
    found = chronosight.describe(*pair, questions="How many buildings are new?", engine=engine)
    assert [asked for asked, _ in found.answers] == ["How many buildings are new?"]


def test_bad_input_is_an_input_error(engine, pair, tmp_path):
    with pytest.raises(InputError, match="unknown engine"):
        chronosight.load("none")
    with pytest.raises(InputError, match="--out is empty"):
        chronosight.describe(*pair, out=" ", engine=engine)
    for wrong in (5, [1]):
        with pytest.raises(InputError, match="expected a GeoJSON or GeoPackage file"):
            chronosight.describe(*pair, zones=wrong, engine=engine)
    with pytest.raises(InputError, match="expected a text, or a list of texts"):
        chronosight.describe(*pair, questions=5, engine=engine)
    with pytest.raises(InputError, match="another run"), _held(tmp_path / "out"):
        chronosight.describe(*pair, out=tmp_path / "out", engine=engine)


def _held(folder):
    from chronosight.reports.write import output_folder

    return output_folder(folder)
