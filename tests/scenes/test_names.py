"""Names in messages."""

from chronosight.scenes.names import said_once


def test_a_note_on_several_images_is_said_once():
    names = ["a.tif", "a.tif.png", "b.tif", "c.tif", "d.tif", "e.tif"]
    notes = ["a.tif: grey", "an overlap of 5", "a.tif.png was turned", "b.tif: grey", "b.tif was turned", "a.tif: grey",
             "a.tiff was turned"]  # fmt: skip
    assert said_once(notes, names) == [
        "a.tif and b.tif: grey", "an overlap of 5", "each of a.tif.png and b.tif was turned", "a.tiff was turned",
    ]  # fmt: skip
    assert said_once([f"{name}: grey" for name in names[:4]], names) == ["a.tif, a.tif.png, b.tif and c.tif: grey"]
    assert said_once([f"{name}: grey" for name in names[1:]], names) == ["a.tif.png, b.tif, c.tif and 2 more: grey"]
    assert said_once([], names) == []
