"""The language of a question that is not English."""

from __future__ import annotations

import pytest

from chronosight.tasks.language import foreign_language


@pytest.mark.parametrize(("text", "language"), [
    ("ビルハドコ", "Japanese"),
    ("新しい建物はどこですか", "Japanese"), ("新建筑在哪里", "Chinese"), ("건물이 어디에 있나요", "Korean"),
    ("อาคารใหม่อยู่ที่ไหน", "Thai"), ("புதிய கட்டிடங்கள் எங்கே", "Tamil"),
    ("कितनी इमारतें", "Hindi"), ("πού είναι τα κτίρια", "Greek"),
    ("ile nowych budynków", "Polish"), ("kaç yeni bina var", "Turkish"), ("ağaç", "Turkish"), ("ağaçlar kaç", "Turkish"),
    ("where is the building на", None), ("ab где", "Russian"), ("abcdef где", None), ("abcdefg где", None),
    ("12 + 3 = ?", None), ("", None), ("the buildings ђ", None), ("buildings ђ", "Serbian"),
])  # fmt: skip
def test_scripts_letters_and_words(text: str, language: str | None) -> None:
    assert foreign_language(text) == language
