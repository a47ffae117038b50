"""What a result folder gives back is what was written into it."""

import json

import numpy as np
import pytest
import shapely

from chronosight.errors import InputError
from chronosight.reports.findings import findings_of_pair, is_result, read_findings, read_shift, read_sources
from chronosight.reports.found import tally
from chronosight.reports.narrative import story
from chronosight.reports.write import write_report
from chronosight.reports.zones import Zone
from chronosight.scenes.scene import Scene


def halves(scene: Scene, findings):
    west, south, east, north = findings.footprint.bounds
    middle = (west + east) / 2
    return [Zone("left", shapely.box(west, south, middle, north)), Zone("right", shapely.box(middle, south, east, north))]


@pytest.mark.parametrize("grid", ["utm", "degrees", "mercator", "turned", "local", None])
def test_a_folder_gives_the_findings_back(make_pair, tmp_path, grid):
    scene, description = make_pair(grid)
    findings = findings_of_pair(scene, description)
    write_report(scene, description, tmp_path)
    read = read_findings(tmp_path)
    assert is_result(tmp_path) and not is_result(tmp_path / "mask.png")
    assert (read.width, read.height, read.metric, read.north_up) == (
        scene.width,
        scene.height,
        findings.metric,
        findings.north_up,
    )
    assert read.changed == pytest.approx(findings.changed, abs=1e-3)
    for a, b in zip(read.found, findings.found, strict=True):
        assert (a.number, a.key, a.cell) == (b.number, b.key, b.cell)
        assert a.area == pytest.approx(b.area, abs=0.06) and a.confidence == pytest.approx(b.confidence, abs=1e-3)
        np.testing.assert_allclose(a.ring, b.ring, atol=0.01)
        np.testing.assert_allclose(a.position, b.position, atol=0.01)
        assert (a.shape is None) == (b.shape is None)
        if a.shape is not None:
            assert a.shape.symmetric_difference(b.shape).area < 0.01 * b.shape.area
    assert [sentence.text for sentence in story(read)] == [sentence.text for sentence in story(findings)]


@pytest.mark.parametrize(("grid", "up"), [("utm", True), ("mercator", True), ("turned", False), ("local", None), (None, None)])
def test_north_up(make_pair, grid, up):
    assert findings_of_pair(*make_pair(grid)).north_up is up


@pytest.mark.parametrize("grid", ["utm", "degrees", "mercator", "turned"])
def test_zones_in_any_crs_share_the_same_area(make_pair, tmp_path, grid):
    """Areas by zone sum to the objects' own, whatever the CRS of the scene."""
    scene, description = make_pair(grid)
    findings = findings_of_pair(scene, description)
    counted = findings.with_zones(halves(scene, findings))
    write_report(scene, description, tmp_path, (), counted)
    read = read_findings(tmp_path)
    assert read.zones is not None and [row.name for row in read.zones.rows] == ["left", "right"]
    parts = [*read.zones.rows, read.zones.outside]
    assert sum(row.all.area for row in parts) == pytest.approx(
        sum(value.area for value in tally(findings.found).values()), rel=0.01
    )
    assert sum(row.all.count for row in parts) == len(findings.found)


def test_folders_that_cannot_be_used(make_pair, tmp_path):
    with pytest.raises(InputError, match=r"description\.json"):
        read_findings(tmp_path)
    path = tmp_path / "description.json"
    for text in ("{", "[]", '{"schema": "other"}', '{"schema": "chronosight.description/1"}'):
        path.write_text(text)
        with pytest.raises(InputError) as caught:
            read_findings(tmp_path)
        assert "\n" not in str(caught.value)


def test_the_files_it_tells_of(make_pair, tmp_path):
    scene, description = make_pair()
    (tmp_path / "a.tif").touch()
    scene.sources = (str(tmp_path / "a.tif"), str(tmp_path / "b.tif"))
    write_report(scene, description, tmp_path)
    with pytest.raises(InputError, match=r"b\.tif"):
        read_sources(tmp_path)
    (tmp_path / "b.tif").touch()
    assert read_sources(tmp_path) == list(scene.sources)
    assert read_shift(tmp_path) is None  # of a small pair: its pixels are not those of a whole scene
    facts = json.loads((tmp_path / "description.json").read_text())
    facts["survey"] = {}
    (tmp_path / "description.json").write_text(json.dumps(facts))
    assert read_shift(tmp_path) == (1.25, -0.5)
