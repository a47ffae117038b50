"""QGIS styles (.qml) of the maps and the objects, in the colours of the report.

QGIS applies the style that has the name of the file it opens: objects.qml to objects.gpkg and objects.geojson (of pairs, whole
scenes and timelines), mask.qml to mask.tif, probability.qml to probability.tif, land_cover.qml to land_cover.gpkg and
land_cover.geojson, land_cover_mask.qml to land_cover_mask.tif.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import SubElement

from chronosight.reports.codes import OTHER, Colour, change_codes, colour_of
from chronosight.reports.cover_codes import pair_colours, pair_label
from chronosight.results.changed_object import Direction
from chronosight.results.codes import NO_DATA, UNCHANGED
from chronosight.results.land_cover_change import NOT_KNOWN, Pair, code_of

VERSION = "3.22"
LABEL = 'concat("number", if("area_m2" is null, \'\', concat(\': \', round("area_m2"), \' m\u00b2\')))'
TIP = (
    "<b>[% concat(\"class\", ' ', \"direction\") %]</b><br>[% coalesce(concat(round(\"area_m2\"), ' m\u00b2'), '') %] "
    "confidence [% round(100 * \"confidence\") %] %<br>[% coalesce(concat(\"date_before\", ' to ', \"date_after\"), '') %]"
)
COVER_TIP = (
    "<b>[% concat(\"from\", ' to ', \"to\") %]</b><br>[% coalesce(concat(round(\"area_m2\"), ' m\u00b2'), '') %] "
    "confidence [% round(100 * \"confidence\") %] %<br>[% coalesce(concat(\"date_before\", ' to ', \"date_after\"), '') %]"
)
# History of an object of a timeline, its words, and its direction or, where it has come and gone, its colour.
HISTORIES: tuple[tuple[str, str, Direction | Colour], ...] = (
    ("appeared", "built", "appeared"),
    ("vanished", "gone", "vanished"),
    ("temporary", "built and gone again", OTHER["appeared"]),
    ("interrupted", "gone and built again", OTHER["vanished"]),
)
HISTORY_LABEL = (
    "concat(\"number\", ': ', \"first_seen\", if(\"first_seen\" = \"last_seen\", '', concat('\u2013', \"last_seen\")))"
)
HISTORY_TIP = (
    "<b>[% concat(\"class\", ' ', \"history\") %]</b><br>seen [% concat(\"first_seen\", ' to ', \"last_seen\") %]<br>"
    "[% coalesce(concat(round(\"area_m2\"), ' m\u00b2'), '') %] confidence [% round(100 * \"confidence\") %] %"
)
# Percent, colour and opacity (0 to 255) of the probability of change: nothing below 5 %, then yellow to dark red.
RAMP = (
    (0, "#ffffb2", 0), (5, "#ffffb2", 0), (25, "#fecc5c", 120), (50, "#fd8d3c", 190), (75, "#f03b20", 220), (100, "#bd0026", 235),
)  # fmt: skip


def write_object_style(classes: tuple[str, ...], path: Path) -> None:
    """Writes the QGIS style of the objects: a fill and an outline by class and direction, labels, and a map tip with the dates.

    Args:
        classes: Names of the classes, background first.
        path: The file to write.
    """
    categories = [(code.label, code.short_label, code.colour) for code in change_codes(classes)]
    _write(_outlines("concat(\"class\", ' ', \"direction\")", categories, LABEL, TIP), path)


def write_cover_style(pairs: Sequence[Pair], path: Path) -> None:
    """Writes the QGIS style of land-cover objects: filled in the colour of the class after, outlined in that of the class before.

    Args:
        pairs: The kinds of change, in the order of the legend.
        path: The file to write.
    """
    categories = [(f"{pair[0]} to {pair[1]}", pair_label(pair), *pair_colours(pair)) for pair in pairs]
    _write(_outlines("concat(\"from\", ' to ', \"to\")", categories, LABEL, COVER_TIP), path)


def write_cover_mask_style(pairs: Sequence[Pair], path: Path) -> None:
    """Writes the QGIS style of land_cover_mask.tif; ground whose land cover did not change or is not known is transparent.

    Args:
        pairs: The kinds of change, in the order of the legend.
        path: The file to write.
    """
    entries = [(code_of(pair), pair_colours(pair)[0], pair_label(pair)) for pair in pairs]
    _write(_paletted(entries, ((UNCHANGED, "no change of land cover"), (NOT_KNOWN, "land cover not known"))), path)


def write_history_style(classes: tuple[str, ...], path: Path) -> None:
    """Writes the QGIS style of the objects of a timeline: by class and history, labels and a map tip with their dates.

    The layer is temporal: QGIS's temporal controller shows each object from its first to its last date.

    Args:
        classes: Names of the classes, without the background.
        path: The file to write.
    """
    categories = [
        (f"{name} {history}", f"{name.capitalize()} {words}", colour_of(name, how) if isinstance(how, str) else how)
        for name in classes
        for history, words, how in HISTORIES
    ]
    root = _outlines("concat(\"class\", ' ', \"history\")", categories, HISTORY_LABEL, HISTORY_TIP)
    root.set("styleCategories", f"{root.get('styleCategories')}|Temporal")
    # Mode 2: start and end of each feature from two fields.
    temporal = SubElement(
        root, "temporal", mode="2", startField="start", endField="end", enabled="1", accumulate="0", durationField="",
        durationUnit="days", fixedDuration="0", startExpression="", endExpression="", limitMode="1",
    )  # fmt: skip
    fixed = SubElement(temporal, "fixedRange")
    for end in ("start", "end"):
        SubElement(fixed, end)
    _write(root, path)


def _outlines(
    attribute: str, categories: Sequence[tuple[str, str, Colour] | tuple[str, str, Colour, Colour]], label: str, tip: str
) -> ElementTree.Element:
    """A style of polygons: colour by the value of an expression, labels and a map tip.

    Args:
        attribute: The expression.
        categories: Value, words of the legend, and colour; a second colour is that of the outline.
        label: Expression of the labels.
        tip: HTML of the map tip.
    """
    root = ElementTree.Element("qgis", version=VERSION, styleCategories="Symbology|Labeling|MapTips", labelsEnabled="1")
    renderer = SubElement(
        root, "renderer-v2", type="categorizedSymbol", attr=attribute, symbollevels="0", enableorderby="0", forceraster="0"
    )
    listed = SubElement(renderer, "categories")
    symbols = SubElement(renderer, "symbols")
    for index, (value, words, colour, *other) in enumerate(categories):
        name = str(index)
        SubElement(listed, "category", value=value, symbol=name, label=words, render="true")
        symbol = SubElement(symbols, "symbol", type="fill", name=name, alpha="1", clip_to_extent="1")
        layer = SubElement(symbol, "layer", {"class": "SimpleFill", "enabled": "1", "pass": "0", "locked": "0"})
        red, green, blue = colour
        rim = ",".join(map(str, other[0] if other else colour))
        options = SubElement(layer, "Option", type="Map")
        for key, text in (
            ("color", f"{red},{green},{blue},84"),
            ("outline_color", f"{rim},255"),
            ("outline_style", "solid"),
            ("outline_width", "0.5"),
            ("outline_width_unit", "MM"),
            ("style", "solid"),
        ):
            SubElement(options, "Option", type="QString", name=key, value=text)
    settings = SubElement(SubElement(root, "labeling", type="simple"), "settings", calloutType="simple")
    style = SubElement(
        settings, "text-style", fieldName=label, isExpression="1", fontSize="7", fontSizeUnit="Point",
        textColor="20,20,20,255", textOpacity="1", fontFamily="Sans Serif",
    )  # fmt: skip
    SubElement(style, "text-buffer", bufferDraw="1", bufferSize="0.7", bufferSizeUnits="MM", bufferColor="255,255,255,255",
               bufferOpacity="0.85")  # fmt: skip
    # Over the point inside each polygon, and only where there is room: a dense suburb stays readable.
    SubElement(settings, "placement", placement="1", centroidInside="1", priority="5")
    SubElement(settings, "rendering", obstacle="1", displayAll="0", fontLimitPixelSize="0", drawLabels="1")
    SubElement(root, "mapTip").text = tip
    return root


def write_mask_style(classes: tuple[str, ...], path: Path) -> None:
    """Writes the QGIS style of mask.tif in the report's colours; unchanged ground is transparent.

    Args:
        classes: Names of the classes, background first.
        path: The file to write.
    """
    entries = [(code.value, code.colour, code.short_label) for code in change_codes(classes)]
    _write(_paletted(entries, ((UNCHANGED, "unchanged"),)), path)


def _paletted(
    entries: Sequence[tuple[int, Colour, str]], clear: Sequence[tuple[int, str]]
) -> ElementTree.Element:
    """A style of a raster of codes.

    Args:
        entries: Value, colour and words of the legend.
        clear: Values that are not drawn, with their words; no data is added.
    """
    root, renderer = _raster("paletted")
    palette = SubElement(renderer, "colorPalette")
    for value, words in clear:
        SubElement(palette, "paletteEntry", value=str(value), color="#000000", alpha="0", label=words)
    for value, colour, words in entries:
        shown = "#{:02x}{:02x}{:02x}".format(*colour)
        SubElement(palette, "paletteEntry", value=str(value), color=shown, alpha="255", label=words)
    SubElement(palette, "paletteEntry", value=str(NO_DATA), color="#808080", alpha="0", label="no data")
    return root


def write_probability_style(path: Path) -> None:
    """Writes the QGIS style of probability.tif: a colour ramp that fades out below 25 %.

    Args:
        path: The file to write.
    """
    root, renderer = _raster("singlebandpseudocolor", classificationMin="0", classificationMax="100")
    shader = SubElement(
        SubElement(renderer, "rastershader"), "colorrampshader", colorRampType="INTERPOLATED", classificationMode="1", clip="0",
        minimumValue="0", maximumValue="100",
    )  # fmt: skip
    for percent, colour, alpha in RAMP:
        SubElement(shader, "item", value=str(percent), color=colour, alpha=str(alpha), label=f"{percent} %")
    _write(root, path)


def _raster(kind: str, **attributes: str) -> tuple[ElementTree.Element, ElementTree.Element]:
    root = ElementTree.Element("qgis", version=VERSION, styleCategories="Symbology")
    pipe = SubElement(root, "pipe")
    attributes |= {"type": kind, "band": "1", "opacity": "1", "alphaBand": "-1"}
    renderer = SubElement(pipe, "rasterrenderer", attributes)
    SubElement(renderer, "rasterTransparency")
    return root, renderer


def _write(root: ElementTree.Element, path: Path) -> None:
    ElementTree.indent(root, " ")
    text = ElementTree.tostring(root, encoding="unicode")
    path.write_text(f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{text}\n", encoding="utf-8")
