"""What Python hands out: reprs, pictures, tables, maps, plots, and the files that the command line writes."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import chronosight
from chronosight.display import needed
from chronosight.errors import InputError
from chronosight.scenes.large import choose
from large_scenes import Drawn, scattered, write_pair

HEIGHT, WIDTH = 300, 420
QUESTION = "How many buildings are new?"


@pytest.fixture(scope="module")
def engine(bundle_folder):
    return chronosight.load(weights=bundle_folder, threads=1)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    drawn = [*scattered(HEIGHT, WIDTH), Drawn(20, 280, 300, 10, "road")]
    return write_pair(tmp_path_factory.mktemp("in"), HEIGHT, WIDTH, drawn)


@pytest.fixture(scope="module")
def found(pair, engine):
    return chronosight.describe(*pair, questions=[QUESTION], engine=engine, dates=("2018-07-04", "2021-05-06"))


@pytest.fixture
def whole(pair, engine, monkeypatch):
    monkeypatch.setattr(choose, "LARGE_PIXELS", 1000)
    return chronosight.describe(*pair, questions=[QUESTION], engine=engine)


def test_reprs_are_short_and_hold_no_arrays(found, engine, pair):
    answers = chronosight.ask(pair, [QUESTION, "Has anything changed?", "How are you?"], engine=engine)
    noisy = replace(found, notes=tuple(f"note {number}" for number in range(50)))
    shown = [found, noisy, found.scene, *answers, replace(answers[0], notes=("a\nb",) * 50, text="word " * 900)]
    for thing in shown:
        lines = str(thing).splitlines()
        assert len(lines) <= 10 and all(len(line) < 400 for line in lines) and "array(" not in str(thing)
    assert found.caption.text in str(found) and f"{len(found.objects)} changed objects" in str(found)
    assert answers[0].text in str(answers[0]) and "confidence" in str(answers[0])


def test_one_question_or_several(found, engine, pair):
    scene = chronosight.open(*pair)
    one = chronosight.ask(pair, QUESTION, engine=engine)
    assert isinstance(one, chronosight.Answer) and one.question == QUESTION and one.scene is not None
    several = chronosight.ask(scene, [QUESTION, "Where are the new roads?"], engine=engine)
    assert [answer.question for answer in several] == [QUESTION, "Where are the new roads?"]
    assert several[0].to_dict() == one.to_dict() == chronosight.ask(list(pair), (QUESTION,), engine=engine)[0].to_dict()
    appeared = sum(item.key == ("building", "appeared") for item in found.objects)
    assert chronosight.ask(found, QUESTION).value == appeared
    for wrong in ([], [3], 3, None):
        with pytest.raises(InputError, match="expected a text"):
            chronosight.ask(scene, wrong, engine=engine)
    with pytest.raises(InputError, match="is open already"):
        chronosight.ask(scene, QUESTION, engine=engine, bands=(1, 2, 3))
    with pytest.raises(InputError, match="1 image was given, expected two dates"):
        chronosight.describe(pair[0], engine=engine)
    with pytest.raises(InputError, match="two dates"):
        chronosight.describe(chronosight.open(pair[0]), engine=engine)


def test_a_scene_is_described_as_its_files_are(found, engine, pair, tmp_path):
    scene = chronosight.open(*pair, dates=("2018-07-04", "2021-05-06"))
    other = chronosight.describe(scene, questions=[QUESTION], engine=engine, out=tmp_path / "out")
    assert {**other.to_dict(), "files": []} == found.to_dict()
    assert set(other.files) == {path.name for path in (tmp_path / "out").iterdir()}


def test_the_dict_is_what_the_command_prints(pair, bundle_folder, engine):
    command = [sys.executable, "-m", "chronosight", "describe", *pair, "--json", "--quiet", "--weights", bundle_folder]
    printed = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    ours = json.loads(json.dumps(chronosight.describe(*pair, engine=engine).to_dict()))
    assert printed == ours


@pytest.mark.parametrize("kind", ["found", "whole"])
def test_saving_writes_what_out_writes(kind, request, pair, engine, tmp_path):
    thing = request.getfixturevalue(kind)
    dates = ("2018-07-04", "2021-05-06") if kind == "found" else None
    written = chronosight.describe(*pair, out=tmp_path / "out", questions=[QUESTION], engine=engine, dates=dates)
    assert thing.save(tmp_path / "saved") == tmp_path / "saved"
    assert sorted(path.name for path in (tmp_path / "saved").iterdir()) == sorted(written.files)
    for name in written.files:
        if name != "objects.gpkg":  # SQLite files of equal content need not be of equal bytes
            assert (tmp_path / "saved" / name).read_bytes() == (tmp_path / "out" / name).read_bytes(), name
    assert chronosight.ask(tmp_path / "saved", QUESTION).value == found_answer(thing)
    thing.save(tmp_path / "saved")  # replaces its own files
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "report.html").write_text("mine")
    with pytest.raises(InputError, match="not written by chronosight"):
        thing.save(tmp_path / "other")
    assert (tmp_path / "other" / "report.html").read_text() == "mine"


def found_answer(described):
    return described.answers[0][1].value


def test_the_files_of_a_whole_scene_live_as_long_as_it(whole, tmp_path):
    place = whole.folder.path
    copy = replace(whole, notes=())
    assert (place / "mask.tif").is_file()
    del whole
    assert place.is_dir()
    copy.save(tmp_path / "a")
    kept = copy.folder
    del copy
    assert kept.path == place and place.is_dir()


def test_a_temporary_report_goes_with_its_description(pair, engine, monkeypatch):
    import gc

    monkeypatch.setattr(choose, "LARGE_PIXELS", 1000)
    described = chronosight.describe(*pair, engine=engine)
    place = described.folder.path
    assert place.is_dir()
    del described
    gc.collect()
    assert not place.exists()


@pytest.mark.parametrize("kind", ["found", "whole"])
def test_pictures_and_html(kind, request):
    thing = request.getfixturevalue(kind)
    import io

    picture = Image.open(io.BytesIO(thing._repr_png_()))
    picture.load()
    assert picture.format == "PNG" and picture.width > 600
    drawn = np.asarray(picture.convert("RGB")).astype(int)
    orange = (np.abs(drawn - [255, 98, 0]).max(axis=2) < 12).sum()
    assert orange > 200  # outlines of new buildings
    text = thing._repr_html_()
    assert "data:image/jpeg;base64," in text and "Buildings" in text and "http" not in text
    assert len(text) < 400_000


def test_html_escapes_what_others_wrote(found):
    evil = "<script>alert(1)</script>"
    answer = replace(found.answers[0][1], text=evil, question=evil, notes=(evil,))
    described = replace(found, caption=replace(found.caption, text=evil), notes=(evil,), answers=((evil, answer),))
    for text in (described._repr_html_(), answer._repr_html_(), described.map("html").html, described.map("html")._repr_html_()):
        assert evil not in text.replace(f"&lt;{evil[1:]}", "")


def test_answers_show_themselves(engine, pair, tmp_path):
    single = chronosight.ask(pair[1], "Are there any buildings?", engine=engine)
    about = chronosight.ask(pair, QUESTION, engine=engine)
    for answer in (single, about):
        assert answer._repr_png_()[:4] == b"\x89PNG" and "data:image/jpeg" in answer._repr_html_()
        answer.save(tmp_path / "answer")
        assert {path.name for path in (tmp_path / "answer").iterdir()} == {"answer.json", "answer.png"}
        assert json.loads((tmp_path / "answer" / "answer.json").read_text()) == answer.to_dict()
    with pytest.raises(InputError, match="no changed objects"):
        single.map()
    bare = chronosight.Answer("yes", "binary", True, 0.9, True)
    assert bare._repr_png_() is None and "yes" in bare._repr_html_() and "question" not in bare.to_dict()
    with pytest.raises(InputError, match="objects alone"):
        bare.plot()
    with pytest.raises(InputError, match="no changed objects"):
        bare.to_geodataframe()


@pytest.mark.parametrize("kind", ["found", "whole"])
def test_the_geodataframe_is_the_geopackage(kind, request, tmp_path):
    geopandas = pytest.importorskip("geopandas")
    thing = request.getfixturevalue(kind)
    frame = thing.to_geodataframe()
    thing.save(tmp_path / "out")
    written = geopandas.read_file(tmp_path / "out" / "objects.gpkg")
    assert frame.crs == written.crs and len(frame) == len(written) == len(thing.objects) > 3
    assert [name for name in frame.columns if name != "geometry"] == [name for name in written.columns if name != "geometry"]
    assert frame.geometry.geom_equals_exact(written.geometry, 1e-6).all()
    for name in ("number", "class", "direction", "area_m2", "confidence"):
        assert frame[name].tolist() == written[name].tolist()


def test_without_objects_or_georeference(engine):
    pytest.importorskip("geopandas")
    grain = np.random.default_rng(0).normal(100, 12, (64, 64, 3)).clip(0, 255).astype(np.uint8)
    nothing = chronosight.describe(grain, grain, engine=engine)
    assert len(nothing.to_geodataframe()) == len(nothing.objects) == 0 and nothing.to_geodataframe().crs is None
    assert nothing._repr_png_() and nothing._repr_html_() and nothing.map().html
    with pytest.raises(InputError, match='use map\\("html"\\)'):
        nothing.map("lonboard")


@pytest.mark.parametrize("kind", ["found", "whole"])
def test_the_plot_has_the_coordinates_of_the_map(kind, request):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    thing = request.getfixturevalue(kind)
    axes = thing.plot()
    bounds = thing.to_geodataframe().total_bounds
    assert axes.get_xlim()[0] <= bounds[0] < bounds[2] <= axes.get_xlim()[1]
    assert axes.get_ylim()[0] <= bounds[1] < bounds[3] <= axes.get_ylim()[1]
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert any(name.startswith("New building") for name in names)
    _, mine = plt.subplots()
    assert thing.plot(mine) is mine
    plt.close("all")


def test_the_map_is_one_page_without_a_network(found, tmp_path):
    page = found.map("html")
    assert page.save(tmp_path / "map.html").read_text() == page.html
    assert len(str(page).splitlines()) == 1
    assert "http://" not in page.html and "https://" not in page.html and "default-src 'none'" in page.html
    assert page.html.count("<tr class=") == len(found.objects) and 'id="edge"' in page.html
    assert "<iframe srcdoc=" in page._repr_html_()
    with pytest.raises(InputError, match="cannot be written"):
        page.save(tmp_path / "none" / "map.html")
    with pytest.raises(InputError, match="expected one of"):
        found.map("folium")


@pytest.mark.parametrize(("name", "call"), [("geopandas", "to_geodataframe"), ("matplotlib", "plot"), ("lonboard", "map")])
def test_a_missing_package_is_named_with_its_extra(found, monkeypatch, name, call):
    real = needed.import_module

    def missing(module):
        if module.partition(".")[0] == name:
            raise ImportError(module)
        return real(module)

    monkeypatch.setattr(needed, "import_module", missing)
    with pytest.raises(InputError, match=rf"{name}, which is not installed: pip install"):
        getattr(found, call)(*(["lonboard"] if call == "map" else []))


def test_none_of_it_is_imported_before_it_is_needed(pair, bundle_folder):
    code = (
        "import sys, chronosight\n"
        f"engine = chronosight.load(weights={str(bundle_folder)!r}, threads=1)\n"
        f"d = chronosight.describe({str(pair[0])!r}, {str(pair[1])!r}, engine=engine); d._repr_html_()\n"
        "print([m for m in ('geopandas', 'pandas', 'matplotlib', 'xarray', 'torch', 'IPython') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
