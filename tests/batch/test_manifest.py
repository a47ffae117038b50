"""Manifests of every kind name the same pairs; what cannot be used is refused in one line."""

import json
from dataclasses import replace

import pytest
from PIL import Image

from chronosight.batch.manifest import read_manifest
from chronosight.batch.row import Row
from chronosight.errors import InputError


def image(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (16, 16), (90, 120, 60)).save(path)
    return path


@pytest.fixture
def pair(tmp_path):
    return image(tmp_path / "x_before.png"), image(tmp_path / "x_after.png")


def test_tables_of_every_kind_give_the_same_rows(tmp_path, pair):
    values = {"id": "x", "before": pair[0].name, "after": pair[1].name, "before_date": "2012-07-31", "after_date": "2018",
              "questions": "What changed?|Is there a road?"}  # fmt: skip
    (tmp_path / "m.csv").write_text(",".join(values) + "\n" + ",".join(values.values()) + "\n", encoding="utf-8-sig")
    (tmp_path / "m.jsonl").write_text(json.dumps(values | {"questions": ["What changed?", "Is there a road?"]}) + "\n")
    names = ["m.csv", "m.jsonl"]
    if parquet := pytest.importorskip("pyarrow.parquet"):
        import pyarrow

        parquet.write_table(pyarrow.table({name: [value] for name, value in values.items()}), tmp_path / "m.parquet")
        names.append("m.parquet")
    expected = Row("x", str(pair[0]), str(pair[1]), "2012-07-31", "2018", ("What changed?", "Is there a road?"))
    assert [read_manifest(tmp_path / name)[0] for name in names] == [[expected]] * len(names)


def test_the_ground_size_is_read_and_other_columns_are_named(tmp_path, pair):
    (tmp_path / "m.csv").write_text(
        f"before,after,metres_per_pixel,min_area,bands\n{pair[0].name},{pair[1].name},0.5,50,\n{pair[1].name},{pair[0].name},,,\n"
    )
    rows, notes = read_manifest(tmp_path / "m.csv")
    assert [row.metres_per_pixel for row in rows] == [0.5, None]
    assert len(notes) == 1 and notes[0].startswith("m.csv: columns min_area, bands ignored; those that are used: id, before,")
    assert replace(rows[0], metres_per_pixel=None).digest() != rows[0].digest()
    values = {"before": str(pair[0]), "after": str(pair[1]), "metres_per_pixel": 0.5, "gsd": 1}
    (tmp_path / "m.jsonl").write_text(json.dumps(values))
    rows, notes = read_manifest(tmp_path / "m.jsonl")
    assert rows[0].metres_per_pixel == 0.5 and notes[0].startswith("m.jsonl: column gsd ignored;")


def test_geoparquet_is_a_manifest(tmp_path, pair):
    geopandas = pytest.importorskip("geopandas")
    import shapely

    frame = geopandas.GeoDataFrame(
        {"id": ["x"], "before": [pair[0].name], "after": [pair[1].name]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326
    )
    frame.to_parquet(tmp_path / "m.geoparquet")
    assert read_manifest(tmp_path / "m.geoparquet")[0] == [Row("x", str(pair[0]), str(pair[1]))]


def test_folders_are_matched_by_name(tmp_path):
    for name in ("one", "two"):
        image(tmp_path / "A" / f"{name}.png")
        image(tmp_path / "B" / f"{name}.png")
    image(tmp_path / "A" / "three.png")
    rows, notes = read_manifest(tmp_path / "A", tmp_path / "B")
    assert [row.id for row in rows] == ["one", "two"] and rows[0].before.endswith("A/one.png")
    assert "three.png" in notes[0]
    assert [row.id for row in read_manifest(tmp_path)[0]] == ["one", "two"]


def test_a_folder_of_marked_names(tmp_path, pair):
    assert read_manifest(tmp_path)[0] == [Row("x", str(pair[0]), str(pair[1]))]


def item(name, date, assets, **properties):
    made = {key: {"href": href, "roles": roles} for key, href, roles in assets}
    return {"type": "Feature", "id": name, "properties": {"datetime": date, **properties}, "assets": made}


def test_stac_items_of_two_dates(tmp_path, pair):
    both = item("x", "2018-01-01T00:00:00Z", [("t0", "x_before.png", ["before"]), ("after", "x_after.png", [])],
                start_datetime="2012-01-01T00:00:00Z")  # fmt: skip
    (tmp_path / "item.json").write_text(json.dumps(both))
    (tmp_path / "collection.json").write_text(json.dumps({"type": "Collection", "links": [{"rel": "item", "href": "item.json"}]}))
    expected = [Row("x", str(pair[0]), str(pair[1]), "2012-01-01T00:00:00Z", "2018-01-01T00:00:00Z")]
    assert read_manifest(tmp_path / "item.json")[0] == read_manifest(tmp_path / "collection.json")[0] == expected


def test_items_of_one_date_are_paired_by_a_property(tmp_path):
    items = [
        item(f"{grid}-{year}", f"{year}-07-01T00:00:00Z", [("visual", f"{grid}{year}.tif", []), ("nir", "n.tif", ["data"])],
             **{"grid:code": grid})
        for year in (2018, 2012, 2015) for grid in ("A", "B")
    ]  # fmt: skip
    path = tmp_path / "items.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    rows, _ = read_manifest(path, pair_by="grid:code")
    assert [row.id for row in rows] == ["A-2012-A-2015", "A-2015-A-2018", "B-2012-B-2015", "B-2015-B-2018"]
    assert rows[0].before.endswith("A2012.tif")
    assert read_manifest(path, asset="nir", pair_by="grid:code")[0][0].before.endswith("n.tif")
    with pytest.raises(InputError, match="--pair-by"):
        read_manifest(path)
    with pytest.raises(InputError, match='no asset "red"; it has visual, nir'):
        read_manifest(path, asset="red", pair_by="grid:code")


def test_an_item_collection_of_pystac(tmp_path, pair):
    pystac = pytest.importorskip("pystac")
    from datetime import datetime

    made = []
    for path, year in zip(pair, (2012, 2018), strict=True):
        one = pystac.Item(f"x{year}", None, None, datetime(year, 7, 1), {})
        one.add_asset("visual", pystac.Asset(str(path), roles=["visual"]))
        made.append(one)
    pystac.ItemCollection(made).save_object(str(tmp_path / "items.json"))
    rows, _ = read_manifest(tmp_path / "items.json")
    assert [(row.before, row.after) for row in rows] == [(str(pair[0]), str(pair[1]))]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("m.csv", "id,before\nx,a.png\n", "expected also after"),
        ("m.csv", "id,before,after\nx,a,b\nx,c,d\n", "is there twice"),
        ("m.csv", "id,before,after\n", "holds no pair"),
        ("m.jsonl", "{\n", "m.jsonl"),
        ("m.json", '{"type": "Feature", "id": "x", "properties": {}}', "--pair-by"),
        ("m.json", '{"type": "Topology"}', "expected a STAC item"),
        ("m.txt", "a b", "expected a manifest"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(tmp_path, name, text, said):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        read_manifest(tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("m.csv", "id,before,after\n{}x,a.png,\n", 'line 3 has no "after"'),
        ("m.csv", "id,before,after\n{}x,a.png\n", 'line 3 has no "after"'),
        ("m.csv", "id,before,after\n{}x,a,1.png,b.png\n", "line 3 has more values than there are columns"),
        ("m.csv", "id,before,after,metres_per_pixel\n{}x,a,b,-1\n", "line 3: metres per pixel is -1, expected a number from"),
        ("m.csv", "id,before,after,metres_per_pixel\n{}x,a,b,fine\n", "line 3: metres per pixel is 'fine', expected a number"),
        ("m.csv", "id,before,after,questions\n{}x,a,b,[What\n", "is no JSON list"),
        ("m.jsonl", '{{"id": "good", "before": "p", "after": "q"}}\n[1]\n', "m.jsonl, line 2 is no JSON object"),
        ("m.jsonl", '{{"id": "good", "before": "p", "after": "q"}}\n{{"before": "a", "after": "b", "questions": 3}}\n',
         "expected texts"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_used_leaves_the_others(tmp_path, name, text, said):
    (tmp_path / name).write_text(text.format("good,p,q\n" if name == "m.csv" else ""))
    (good, bad), _ = read_manifest(tmp_path / name)
    assert good.id == "good" and not good.fault
    assert said in bad.fault and "\n" not in bad.fault and bad.id


def test_ids_make_safe_folder_names():
    odd = [Row(name, "a", "b").folder for name in ("../up", "a/b", "a_b", "..", "ä" * 300)]
    assert len(set(odd)) == 5 and all("/" not in name and not name.startswith(".") and len(name) < 100 for name in odd)


@pytest.fixture
def web(tmp_path, monkeypatch):
    """Files of a folder on loopback, and what they are reached by."""
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread

    from chronosight.scenes.remote import allow_remote

    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    allow_remote(())


def test_items_at_addresses_where_allowed(tmp_path, web):
    from chronosight.scenes.remote import allow_remote

    (tmp_path / "items").mkdir()
    for year in (2012, 2018):
        one = item(f"x{year}", f"{year}-07-01T00:00:00Z", [("visual", f"../{year}.tif", [])])
        (tmp_path / "items" / f"{year}.json").write_text(json.dumps(one))
    links = [{"rel": "item", "href": f"{web}/items/2012.json"}, {"rel": "item", "href": "items/2018.json"},
             {"rel": "child", "href": "collection.json"}]  # fmt: skip
    (tmp_path / "collection.json").write_text(json.dumps({"type": "Collection", "links": links}))
    for source in (tmp_path / "collection.json", f"{web}/collection.json"):
        with pytest.raises(InputError, match=r"--allow-remote http://127\.0\.0\.1"):
            read_manifest(source)
    allow_remote([web])
    (row,), _ = read_manifest(f"{web}/collection.json")
    assert (row.id, row.before, row.after) == ("x2012-x2018", f"{web}/2012.tif", f"{web}/2018.tif")
    (row,), _ = read_manifest(tmp_path / "collection.json")
    assert (row.before, row.after) == (f"{web}/2012.tif", str(tmp_path / "items/../2018.tif"))
    both = item("x", "2018", [("before", "file:///etc/passwd", []), ("after", "/b.tif", [])])
    page = {"type": "FeatureCollection", "features": [both], "links": [{"rel": "next", "href": "?page=2"}]}
    (tmp_path / "page.json").write_text(json.dumps(page))
    (row,), notes = read_manifest(f"{web}/page.json?key=secret")
    assert (row.before, row.after) == ("file:///etc/passwd", f"{web}/b.tif"), "which opening refuses as an address"
    assert notes == ["page.json is one page of a search: the items of further pages are not read"]
    with pytest.raises(InputError, match=r"absent\.json answers 404"):
        read_manifest(f"{web}/absent.json")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(InputError, match=r"list\.json is no JSON object"):
        read_manifest(f"{web}/list.json")
