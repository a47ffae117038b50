"""What a result folder gives back is what was written into it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from chronosight.errors import InputError
from chronosight.pipeline import with_zones
from chronosight.reports.plain_text import summary_lines
from chronosight.reports.read import is_result, read_description, read_shift, read_sources
from chronosight.reports.write import write_report
from chronosight.results.change_summary import change_summary
from chronosight.results.changed_object import Tally, tally
from chronosight.results.land_cover_change import LandCoverChange
from chronosight.results.narrative import narrative
from chronosight.results.zones import Zone
from chronosight.scenes.scene import Scene


def halves(scene: Scene, findings):
    west, south, east, north = findings.footprint.bounds
    middle = (west + east) / 2
    return [Zone("left", shapely.box(west, south, middle, north)), Zone("right", shapely.box(middle, south, east, north))]


@pytest.mark.parametrize("grid", ["utm", "degrees", "mercator", "turned", "local", None])
def test_a_folder_gives_the_findings_back(make_pair, tmp_path, grid):
    description = make_pair(grid)
    scene = description.scene
    findings = change_summary(description)
    write_report(description, tmp_path)
    read = change_summary(read_description(tmp_path))
    assert is_result(tmp_path) and not is_result(tmp_path / "mask.png")
    assert (read.width, read.height, read.metric, read.north_up) == (
        scene.width,
        scene.height,
        findings.metric,
        findings.north_up,
    )
    assert read.changed == pytest.approx(findings.changed, abs=1e-3)
    for a, b in zip(read.objects, findings.objects, strict=True):
        assert (a.number, a.key, a.cell) == (b.number, b.key, b.cell)
        assert a.area == pytest.approx(b.area, abs=0.06) and a.confidence == pytest.approx(b.confidence, abs=1e-3)
        np.testing.assert_allclose(a.outline, b.outline, atol=0.01)
        np.testing.assert_allclose(a.centroid, b.centroid, atol=0.01)
        assert (a.shape is None) == (b.shape is None)
        if a.shape is not None:
            assert a.shape.symmetric_difference(b.shape).area < 0.01 * b.shape.area
    assert [sentence.text for sentence in narrative(read)] == [sentence.text for sentence in narrative(findings)]


def test_a_folder_knows_what_limits_left_out_and_what_the_guide_held_for_likely(make_pair, tmp_path):
    perhaps = {("trees", "water"): Tally(0, 340.0)}
    cover = LandCoverChange((), left_out=3, perhaps=perhaps)
    described = replace(make_pair("utm"), left_out={("building", "appeared"): 4}, guide_changed=0.87, land_cover=cover)
    write_report(described, tmp_path)
    read = read_description(tmp_path)
    assert (read.left_out, read.guide_changed, read.land_cover.left_out) == ({("building", "appeared"): 4}, 0.87, 3)
    assert read.land_cover.perhaps == perhaps
    assert "Land cover: All other land-cover changes are below the limits: 3 of 3." in summary_lines(read)


@pytest.mark.parametrize(("grid", "up"), [("utm", True), ("mercator", True), ("turned", False), ("local", None), (None, None)])
def test_north_up(make_pair, grid, up):
    assert change_summary(make_pair(grid)).north_up is up


@pytest.mark.parametrize("grid", ["utm", "degrees", "mercator", "turned"])
def test_zones_in_any_crs_share_the_same_area(make_pair, tmp_path, grid):
    """Areas by zone sum to the objects' own, whatever the CRS of the scene."""
    description = make_pair(grid)
    scene = description.scene
    findings = change_summary(description)
    counted = with_zones(description, halves(scene, findings))
    write_report(counted, tmp_path)
    read = change_summary(read_description(tmp_path))
    assert read.zones is not None and [row.name for row in read.zones.rows] == ["left", "right"]
    parts = [*read.zones.rows, read.zones.outside]
    assert sum(row.all.area for row in parts) == pytest.approx(
        sum(value.area for value in tally(findings.objects).values()), rel=0.01
    )
    assert sum(row.all.count for row in parts) == len(findings.objects)


def test_folders_that_cannot_be_used(make_pair, tmp_path):
    with pytest.raises(InputError, match=r"description\.json"):
        read_description(tmp_path)
    path = tmp_path / "description.json"
    for text in ("{", "[]", '{"schema": "other"}', '{"schema": "chronosight.description/1"}'):
        path.write_text(text)
        with pytest.raises(InputError) as caught:
            read_description(tmp_path)
        assert "\n" not in str(caught.value)


def test_the_files_it_names(make_pair, tmp_path):
    description = make_pair()
    scene = description.scene
    (tmp_path / "a.tif").touch()
    scene.sources = (str(tmp_path / "a.tif"), str(tmp_path / "b.tif"))
    write_report(description, tmp_path)
    with pytest.raises(InputError, match=r"b\.tif"):
        read_sources(tmp_path)
    (tmp_path / "b.tif").touch()
    assert read_sources(tmp_path) == [str(Path(source).resolve()) for source in scene.sources]
    assert read_shift(tmp_path) is None  # of a small pair: its pixels are not those of a whole scene
    facts = json.loads((tmp_path / "description.json").read_text())
    facts["survey"] = {}
    (tmp_path / "description.json").write_text(json.dumps(facts))
    assert read_shift(tmp_path) == (1.25, -0.5)


@pytest.mark.parametrize("value", [None, 5, "x", [], {"exact_answers": 5}, {"exact_answers": {"count": {"a": "b"}}}])
def test_a_description_whose_model_is_of_another_type_is_refused(make_pair, tmp_path, value):
    write_report(make_pair("utm"), tmp_path)
    path = tmp_path / "description.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "model": value}))
    with pytest.raises(InputError, match="incomplete"):
        read_description(tmp_path)


def test_the_number_of_objects_that_are_read_is_limited(make_pair, tmp_path, monkeypatch):
    from chronosight.reports import read

    write_report(make_pair("utm"), tmp_path)
    monkeypatch.setattr(read, "MAX_OBJECTS", 1)
    with pytest.raises(InputError, match="at most 1"):
        read_description(tmp_path)
