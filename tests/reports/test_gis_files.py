"""What a GIS opens: the same fields in GeoJSON and GeoPackage, and styles that fit the files beside them."""

import json
import os
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime
from xml.etree import ElementTree

import numpy as np
import pytest
import rasterio
from pyogrio import raw

from chronosight.reports.write import write_report


@pytest.fixture
def folder(make_pair, tmp_path):
    folder = tmp_path / "report"
    description = make_pair()
    scene = replace(description.scene, times=(datetime(2012, 5, 1), datetime(2018, 6, 2)))
    write_report(replace(description, scene=scene), folder)
    return folder


def test_both_vector_files_have_the_same_fields_and_values(folder):
    features = json.loads((folder / "objects.geojson").read_text())["features"]
    meta, _, geometry, columns = raw.read(folder / "objects.gpkg", layer="objects")
    values = dict(zip(meta["fields"], columns, strict=True))
    assert len(geometry) == len(features) > 0
    for row, feature in enumerate(features):
        facts = feature["properties"]
        assert set(values) == set(facts) - {"centroid"}
        for name, column in values.items():
            here = None if isinstance(column[row], float) and np.isnan(column[row]) else column[row]
            assert here == facts[name], name
    assert features[0]["properties"]["date_before"] == "2012-05-01T00:00:00"
    assert features[0]["properties"]["date_after"] == "2018-06-02T00:00:00"
    assert [features[0]["properties"][name] for name in ("lon", "lat")] == features[0]["properties"]["centroid"]


def test_mask_style_has_every_code_and_a_transparent_background(folder):
    entries = {int(one.get("value")): one for one in ElementTree.parse(folder / "mask.qml").iter("paletteEntry")}
    with rasterio.open(folder / "mask.tif") as file:
        codes, colours, tags = np.unique(file.read(1)), file.colormap(1), file.tags(1)
    assert set(codes.tolist()) <= set(entries)
    assert {f"VALUE_{value}" for value in entries} == {key for key in tags if key.startswith("VALUE_")}
    assert entries[0].get("alpha") == entries[255].get("alpha") == "0"
    for value in set(entries) - {0, 255}:
        assert entries[value].get("color") == "#{:02x}{:02x}{:02x}".format(*colours[value][:3])
        assert entries[value].get("alpha") == "255"


def test_plain_images_get_no_style(make_pair, tmp_path):
    write_report(make_pair(None), tmp_path)
    assert not [path.name for path in tmp_path.iterdir() if path.suffix in (".qml", ".gpkg", ".tif")]


LOAD = """
import sys
from qgis.core import *
QgsApplication.setPrefixPath("/usr", True)
app = QgsApplication([], False); app.initQgis()
folder = sys.argv[1]
mask, probability = QgsRasterLayer(folder + "/mask.tif"), QgsRasterLayer(folder + "/probability.tif")
objects, again = QgsVectorLayer(folder + "/objects.gpkg|layername=objects"), QgsVectorLayer(folder + "/objects.geojson")
for layer in (mask, probability, objects, again):
    assert layer.isValid(), layer.source()
    text, good = layer.loadDefaultStyle()
    assert good, (layer.source(), text)
assert mask.renderer().type() == "paletted" and probability.renderer().type() == "singlebandpseudocolor"
assert len(mask.renderer().classes()) == 6 and mask.renderer().classes()[0].color.alpha() == 0
for layer in (objects, again):
    assert layer.renderer().type() == "categorizedSymbol" and layer.labelsEnabled()
    expression = QgsExpression(layer.labeling().settings().fieldName); assert expression.isValid(), expression.parserErrorString()
    symbols = {category.value() for category in layer.renderer().categories()}
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    for feature in layer.getFeatures():
        context.setFeature(feature)
        assert QgsExpression(layer.renderer().classAttribute()).evaluate(context) in symbols
        assert expression.evaluate(context).startswith(str(feature["number"]))
assert objects.fields().names()[1:] == [name for name in again.fields().names() if name not in ("id", "centroid")]
print("loaded", objects.crs().authid())
"""


LOAD_HISTORY = """
import sys
from qgis.core import *
QgsApplication.setPrefixPath("/usr", True)
app = QgsApplication([], False); app.initQgis()
for name in ("objects.gpkg|layername=objects", "objects.geojson"):
    layer = QgsVectorLayer(sys.argv[1] + "/" + name)
    text, good = layer.loadDefaultStyle()
    assert layer.isValid() and good, text
    symbols = {category.value() for category in layer.renderer().categories()}
    expression = QgsExpression(layer.labeling().settings().fieldName); assert expression.isValid(), expression.parserErrorString()
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    for feature in layer.getFeatures():
        context.setFeature(feature)
        assert QgsExpression(layer.renderer().classAttribute()).evaluate(context) in symbols
        assert feature["first_seen"] in expression.evaluate(context)
    if "gpkg" in name:
        properties = layer.temporalProperties()
        assert properties.isActive() and (properties.startField(), properties.endField()) == ("start", "end")
        assert layer.fields()[layer.fields().indexOf("start")].typeName().startswith("Date")
print("loaded", layer.featureCount())
"""


def in_qgis(tmp_path, script, *arguments):
    (tmp_path / "load.py").write_text(script)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL"))}
    done = subprocess.run(
        ["/usr/bin/python3", str(tmp_path / "load.py"), *map(str, arguments)], capture_output=True, text=True, timeout=120,
        env={**environment, "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    assert "loaded" in done.stdout, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("qgis_process") is None, reason="QGIS is not installed")
def test_a_real_qgis_loads_a_timeline(tmp_path, bundle_folder):
    import chronosight
    from chronosight.timeline.stack import open_stack
    from chronosight.timeline.timeline import make_timeline
    from chronosight.timeline.write import write_timeline
    from large_scenes import Drawn, write_series

    drawn = {"2012": [], "2015": [Drawn(60, 60, 16, 16)], "2018": [Drawn(100, 30, 16, 16)]}
    stack = open_stack(write_series(tmp_path / "in", 128, 160, drawn))
    made = make_timeline(stack, chronosight.load(weights=bundle_folder, threads=1))
    files, _ = write_timeline(made, tmp_path / "out")
    assert "objects.qml" in files and len(made.tracks) > 0
    assert f"loaded {len(made.tracks)}" in in_qgis(tmp_path, LOAD_HISTORY, tmp_path / "out")


@pytest.mark.skipif(shutil.which("qgis_process") is None, reason="QGIS is not installed")
def test_a_real_qgis_loads_files_and_styles(folder, tmp_path):
    assert "loaded EPSG:" in in_qgis(tmp_path, LOAD, folder)
