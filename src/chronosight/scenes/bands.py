"""Which bands of a file are red, green and blue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chronosight.errors import InputError

# Band count (alpha not counted) -> usual place of red, green, blue (from 1), and whose habit that is.
_BY_COUNT = {
    1: ((1, 1, 1), "one band is shown as grey"),
    2: ((1, 1, 1), "the first of two bands is shown as grey"),
    3: ((1, 2, 3), ""),
    4: ((1, 2, 3), "the usual order: red, green, blue, near infrared"),
    5: ((3, 2, 1), "the usual order: blue, green, red, ..."),
    6: ((3, 2, 1), "the usual order: blue, green, red, ..."),
    7: ((4, 3, 2), "the usual order: coastal, blue, green, red, ... of Landsat 8"),
    8: ((5, 3, 2), "the usual order: coastal, blue, green, yellow, red, ... of WorldView"),
    9: ((4, 3, 2), "the usual order: coastal, blue, green, red, ..."),
    10: ((3, 2, 1), "the usual order: B02, B03, B04, ... of Sentinel-2"),
    11: ((4, 3, 2), "the usual order: coastal, blue, green, red, ..."),
    12: ((4, 3, 2), "the usual order: B01, B02, B03, B04, ... of Sentinel-2"),
    13: ((4, 3, 2), "the usual order: B01, B02, B03, B04, ... of Sentinel-2"),
}
# Sentinel-2 and Landsat 8/9 number red, green, blue alike: 4, 3, 2.
_NUMBERED = tuple(re.compile(rf"(sr )?b(and)? ?0?{n}") for n in (4, 3, 2))
NOT_RGB = ("CIELAB", "ICCLAB", "ITULAB", "LOGL", "LOGLUV")
_SHORT = {"red": "r", "green": "g", "blue": "b"}
_OTHER = re.compile(r"\b(edge|rededge|re|infra\w*|nir|near|swir|vre)\b")  # red edge and near infrared are not red
WAVELENGTHS = ((610.0, 660.0, 700.0), (510.0, 560.0, 600.0), (430.0, 485.0, 515.0))  # nm: from, centre, to of red, green, blue
_WAVELENGTH = re.compile(r"(\d+(?:\.\d+)?) ?(nm|nano\w*|um|\u00b5m|\u03bcm|micro\w*)\b")
_INFRARED = re.compile(r"\b(nir\d?|n|infra\w*|near ?infra\w*|ir)\b")


@dataclass(frozen=True)
class BandChoice:
    """Which bands are shown.

    Attributes:
        bands: red, green, blue counted from 1.
        alpha: number of the band that says where there is data, or None.
        palette: bands[0] holds indices into a colour table.
        note: for the user, empty when the file itself was clear.
        doubt: why answers are uncertain, empty when they are not; see `Scene.doubts`.
    """

    bands: tuple[int, int, int]
    alpha: int | None = None
    palette: bool = False
    note: str = ""
    doubt: str = ""


def choose_bands(
    name: str,
    interpretations: Sequence[str],
    descriptions: Sequence[str | None],
    given: Sequence[int] | None = None,
) -> BandChoice:
    """Choose red, green and blue: as given, else by the bands' names, their colour interpretation, their number.

    Args:
        name: of the file, for messages.
        interpretations: GDAL's colour interpretation of each band ("red", "gray", "palette", "alpha", "undefined", ...).
        descriptions: name of each band, None where it has none.
        given: three band numbers from 1, or None.

    Raises:
        InputError: for band numbers that the file does not have, and for files whose bands cannot be guessed.
    """
    count = len(interpretations)
    names = [_words(text) for text in descriptions]
    alpha = next((i + 1 for i, kind in enumerate(interpretations) if kind == "alpha" and not _INFRARED.search(names[i])), None)
    if given is not None:
        return BandChoice(_checked(name, count, given), alpha)
    if interpretations[0] == "palette":
        return BandChoice((1, 1, 1), alpha, palette=True)
    named = [_coloured(names, colour) for colour in ("red", "green", "blue")]
    if not any(named):
        named = [_at_wavelength(descriptions, *of) for of in WAVELENGTHS]
    if all(named):
        return BandChoice((named[0], named[1], named[2]), alpha)
    if numbered := _find(names, _NUMBERED):
        return BandChoice(numbered, alpha, note=_note(name, numbered, "by their names"))
    if named[0] and named[1]:  # a colour infrared image: near infrared, red and green
        bands = (named[0], named[1], named[1])
        note = _note(name, bands, "it has no band named blue, green stands in for it")
        doubt = f"{name} has no blue band: its colours are not those of the training imagery"
        return BandChoice(bands, alpha, note=note, doubt=doubt)
    colours = [interpretations.index(c) + 1 if c in interpretations else 0 for c in ("red", "green", "blue")]
    false_colour = _INFRARED.search(" | ".join(names[i - 1] for i in colours if i)) is not None
    if all(colours) and not false_colour:
        return BandChoice((colours[0], colours[1], colours[2]), alpha)
    plain = [i + 1 for i in range(count) if i + 1 != alpha]
    if len(plain) not in _BY_COUNT:
        raise InputError(
            f"{name} has {len(plain)} bands without names, expected to know which are red, green and blue: "
            "give their numbers as bands, for example 4,3,2"
        )
    places, habit = _BY_COUNT[len(plain)]
    bands = (plain[places[0] - 1], plain[places[1] - 1], plain[places[2] - 1])
    clear = len(plain) == 3 or (len(plain) == 1 and interpretations[plain[0] - 1] == "gray")
    note = "" if clear else f"{name}: {habit}" if len(plain) <= 2 else _note(name, bands, habit)
    doubt = f"{name} is shown in false colours: a near infrared band is among them" if false_colour else ""
    return BandChoice(bands, alpha, note=note, doubt=doubt)


def check_colour_space(name: str, space: str, interpretations: Sequence[str]) -> None:
    """Refuse numbers that are no red, green and blue.

    Args:
        name: of the file, for messages.
        space: that a TIFF says its numbers are in, "" where it says nothing.
        interpretations: GDAL's colour interpretation of each band.

    Raises:
        InputError: The file holds lightness, or ink, instead.
    """
    stored = space.upper() if space.upper() in NOT_RGB else "CMYK" if "cyan" in interpretations else ""
    if stored:
        raise InputError(f"{name} is stored as {stored}, expected red, green and blue: convert it first")


def _checked(name: str, count: int, given: Sequence[int]) -> tuple[int, int, int]:
    bands = tuple(given)
    if len(bands) != 3 or not all(isinstance(band, int) and 1 <= band <= count for band in bands):
        shown = ",".join(str(band) for band in bands)
        raise InputError(f"bands {shown} do not fit {name}, expected three numbers from 1 to {count} (red,green,blue)")
    return bands[0], bands[1], bands[2]


def _words(text: str | None) -> str:
    """A band's name in lower case, its words set apart by single spaces."""
    return re.sub(r"[\W_]+", " ", (text or "").lower()).strip()


def _at_wavelength(descriptions: Sequence[str | None], least: float, centre: float, most: float) -> int:
    """Number of the band whose name gives the wavelength nearest to the centre of a colour; 0 where none lies within it."""
    found = []
    for i, text in enumerate(descriptions):
        match = _WAVELENGTH.search((text or "").lower())
        length = float(match[1]) * (1.0 if match[2].startswith("n") else 1000.0) if match else 0.0
        found += [(abs(length - centre), i + 1)] if least <= length <= most else []
    return min(found)[1] if found else 0


def _coloured(names: Sequence[str], colour: str) -> int:
    """Number of the first band of a colour: named so alone, else with other words; 0 when there is none."""
    short = next((i + 1 for i, words in enumerate(names) if words in (_SHORT[colour], colour)), 0)
    word = re.compile(rf"\b(vis)?{colour}\b")
    return short or next((i + 1 for i, words in enumerate(names) if word.search(words) and not _OTHER.search(words)), 0)


def _find(names: Sequence[str], patterns: Sequence[re.Pattern[str]]) -> tuple[int, int, int] | None:
    """Numbers of the first band that each pattern matches in full, or None when one of them matches none."""
    found = [next((i + 1 for i, text in enumerate(names) if pattern.fullmatch(text)), 0) for pattern in patterns]
    return (found[0], found[1], found[2]) if all(found) else None


def _note(name: str, bands: tuple[int, int, int], reason: str) -> str:
    red, green, blue = bands
    return f"{name}: bands {red}, {green}, {blue} were taken as red, green, blue ({reason}); give bands to choose others"
