"""objects.qml: how QGIS draws objects.gpkg and objects.geojson when it opens them (same colours as the map)."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from chronosight.reports.codes import change_codes


def write_style(classes: tuple[str, ...], path: Path) -> None:
    """A categorised style by class and direction: a light fill, a firm outline."""
    root = ElementTree.Element("qgis", version="3.34", styleCategories="Symbology")
    renderer = ElementTree.SubElement(
        root, "renderer-v2", type="categorizedSymbol", attr="concat(\"class\", ' ', \"direction\")", symbollevels="0",
        enableorderby="0", forceraster="0",
    )  # fmt: skip
    categories = ElementTree.SubElement(renderer, "categories")
    symbols = ElementTree.SubElement(renderer, "symbols")
    for index, code in enumerate(change_codes(classes)):
        name = str(index)
        ElementTree.SubElement(categories, "category", value=code.label, symbol=name, label=code.short_label, render="true")
        symbol = ElementTree.SubElement(symbols, "symbol", type="fill", name=name, alpha="1", clip_to_extent="1")
        layer = ElementTree.SubElement(symbol, "layer", {"class": "SimpleFill", "enabled": "1", "pass": "0", "locked": "0"})
        red, green, blue = code.colour
        options = ElementTree.SubElement(layer, "Option", type="Map")
        for key, value in (
            ("color", f"{red},{green},{blue},84"),
            ("outline_color", f"{red},{green},{blue},255"),
            ("outline_style", "solid"),
            ("outline_width", "0.5"),
            ("outline_width_unit", "MM"),
            ("style", "solid"),
        ):
            ElementTree.SubElement(options, "Option", type="QString", name=key, value=value)
    ElementTree.indent(root, " ")
    text = ElementTree.tostring(root, encoding="unicode")
    path.write_text(f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{text}\n", encoding="utf-8")
