"""How numbers and sentences are written, the same in every report and answer."""

from __future__ import annotations

from chronosight.figures import figures

CONFIDENT_FROM = 0.7  # below it an answer says that it is not confident, whatever the weights say


def percent(confidence: float) -> str:
    """A probability as a whole percentage, but never a flat 100 %, which no model can promise.

    Args:
        confidence: A probability in [0, 1].

    Returns:
        Such as "97 %"; "over 99 %" at most.
    """
    value = round(confidence * 100)
    return "over 99 %" if value > 99 else f"{max(value, 0)} %"


def confidence_words(confidence: float | None, confident: bool, of: str = "") -> str:
    """How reliable an answer is, as the terminal, the reports and the web page write it.

    Args:
        confidence: A probability in [0, 1]; None where it is not known.
        confident: Whether the answer can be relied on.
        of: What the probability is of, such as " that the number is exact".

    Returns:
        Such as "97 % confident", "not confident, 41 %", "confidence unknown".
    """
    if confident:
        return "confidence unknown" if confidence is None else f"{percent(confidence)} confident{of}"
    if not confidence or confidence >= CONFIDENT_FROM:  # doubted for another reason, which a note says: 94 % would deny it
        return f"not confident{of}"
    return f"not confident{of}, {percent(confidence)}"


def all_below_limits(number: int, noun: str = "", verb: str = "changed") -> str:
    """That all of a number of objects are below the limits that a user set.

    Args:
        number: 1 or more.
        noun: What they are, in the singular; "" where that stands before.
        verb: What they did.

    Returns:
        Such as "all 20 buildings that changed are below the limits".
    """
    named = f" {noun}{'s' * (number != 1)}" if noun else ""
    if number == 1:
        return f"the one{named} that {verb} is below the limits"
    return f"{'both' if number == 2 else f'all {number:,}'}{named} that {verb} are below the limits"


def size_words(area: float, square_metres: bool) -> str:
    """An area to three figures.

    It is rounded to a tenth first, as the files give it: 1365.0 and a sum of floats that is 1365.0000001 read alike.

    Args:
        area: The area.
        square_metres: Whether it is in square metres; else in pixels.

    Returns:
        Such as "2,310 m²", "1.25 km²" or "870 pixels".
    """
    area = round(area, 1)
    if not square_metres:
        area = round(float(f"{area:.3g}"))
        return f"{area:,} pixel{'s' * (area != 1)}"
    if area >= 1e6:
        return f"{figures(area / 1e6)} km²"
    if 0 < area < 1:
        return "under 1 m²"
    return f"{round(float(f'{area:.3g}')):,} m²"  # outlines are not known to a tenth of a square metre


def about(words: str) -> str:
    """A size in words, as one that is not exact.

    Args:
        words: Of `size_words` or `ground_words`.

    Returns:
        Such as "about 2,310 m²" or "under 1 m²".
    """
    return words if words.startswith("under ") else f"about {words}"


def length_words(metres: float, unit: str = "") -> str:
    """A length to three figures.

    Args:
        metres: The length.
        unit: "m" or "km"; "" for the one that suits it.

    Returns:
        Such as "120 m" or "1.25 km".
    """
    metres = round(float(metres), 1)
    if unit == "km" or (not unit and metres >= 1000):
        return f"{figures(metres / 1000)} km"
    return f"{float(f'{metres:.3g}'):,.0f} m"


def ground_words(area: float, square_metres: bool) -> str:
    """An area of ground: hectares from one hectare on, to two figures.

    Args:
        area: The area.
        square_metres: Whether it is in square metres; else in pixels.

    Returns:
        Such as "640 m²", "1.2 ha", "1.25 km²" or "870 pixels".
    """
    if not square_metres or area < 9950 or area >= 1e7:
        return size_words(area, square_metres)
    return f"{figures(area / 1e4, 2)} ha"


def sentence(text: str) -> str:
    """The text with a full stop at its end and a capital at its start, unless it starts with a file's name.

    Args:
        text: The text.

    Returns:
        The sentence; "" for an empty text.
    """
    text = " ".join(text.split())
    if not text:
        return ""
    start = text[0].upper() if text.split()[0].rstrip(",:;").isalpha() else text[0]
    return start + text[1:] + ("" if text[-1] in ".!?" else ".")


def between(interval: tuple[int, int]) -> str:
    """The ends of an interval of counts.

    Args:
        interval: The least and the largest number.

    Returns:
        Such as "about 140 to 170".
    """
    return f"about {interval[0]:,} to {interval[1]:,}"
