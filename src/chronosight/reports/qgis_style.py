"""QGIS styles (.qml) of the maps and the objects, in the colours of the report.

QGIS applies the style that has the name of the file it opens: objects.qml to objects.gpkg and objects.geojson, mask.qml to
mask.tif, probability.qml to probability.tif.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import SubElement

from chronosight.reports.codes import change_codes
from chronosight.results.codes import NO_DATA, UNCHANGED

VERSION = "3.22"
LABEL = 'concat("number", if("area_m2" is null, \'\', concat(\': \', round("area_m2"), \' m\u00b2\')))'
TIP = (
    "<b>[% concat(\"class\", ' ', \"direction\") %]</b><br>[% coalesce(concat(round(\"area_m2\"), ' m\u00b2'), '') %] "
    "confidence [% round(100 * \"confidence\") %] %<br>[% coalesce(concat(\"date_before\", ' to ', \"date_after\"), '') %]"
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
    root = ElementTree.Element("qgis", version=VERSION, styleCategories="Symbology|Labeling|MapTips", labelsEnabled="1")
    renderer = SubElement(
        root, "renderer-v2", type="categorizedSymbol", attr="concat(\"class\", ' ', \"direction\")", symbollevels="0",
        enableorderby="0", forceraster="0",
    )  # fmt: skip
    categories = SubElement(renderer, "categories")
    symbols = SubElement(renderer, "symbols")
    for index, code in enumerate(change_codes(classes)):
        name = str(index)
        SubElement(categories, "category", value=code.label, symbol=name, label=code.short_label, render="true")
        symbol = SubElement(symbols, "symbol", type="fill", name=name, alpha="1", clip_to_extent="1")
        layer = SubElement(symbol, "layer", {"class": "SimpleFill", "enabled": "1", "pass": "0", "locked": "0"})
        red, green, blue = code.colour
        options = SubElement(layer, "Option", type="Map")
        for key, value in (
            ("color", f"{red},{green},{blue},84"),
            ("outline_color", f"{red},{green},{blue},255"),
            ("outline_style", "solid"),
            ("outline_width", "0.5"),
            ("outline_width_unit", "MM"),
            ("style", "solid"),
        ):
            SubElement(options, "Option", type="QString", name=key, value=value)
    settings = SubElement(SubElement(root, "labeling", type="simple"), "settings", calloutType="simple")
    text = SubElement(
        settings, "text-style", fieldName=LABEL, isExpression="1", fontSize="7", fontSizeUnit="Point",
        textColor="20,20,20,255", textOpacity="1", fontFamily="Sans Serif",
    )  # fmt: skip
    SubElement(text, "text-buffer", bufferDraw="1", bufferSize="0.7", bufferSizeUnits="MM", bufferColor="255,255,255,255",
               bufferOpacity="0.85")  # fmt: skip
    # Over the point inside each polygon, and only where there is room: a dense suburb stays readable.
    SubElement(settings, "placement", placement="1", centroidInside="1", priority="5")
    SubElement(settings, "rendering", obstacle="1", displayAll="0", fontLimitPixelSize="0", drawLabels="1")
    SubElement(root, "mapTip").text = TIP
    _write(root, path)


def write_mask_style(classes: tuple[str, ...], path: Path) -> None:
    """Writes the QGIS style of mask.tif in the report's colours; unchanged ground is transparent.

    Args:
        classes: Names of the classes, background first.
        path: The file to write.
    """
    root, renderer = _raster("paletted")
    palette = SubElement(renderer, "colorPalette")
    SubElement(palette, "paletteEntry", value=str(UNCHANGED), color="#000000", alpha="0", label="unchanged")
    for code in change_codes(classes):
        colour = "#{:02x}{:02x}{:02x}".format(*code.colour)
        SubElement(palette, "paletteEntry", value=str(code.value), color=colour, alpha="255", label=code.short_label)
    SubElement(palette, "paletteEntry", value=str(NO_DATA), color="#808080", alpha="0", label="no data")
    _write(root, path)


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
