"""JSON at the boundary: what editors and other systems add is accepted, anything else is one clear line."""

import json
import os

import pytest

from chronosight import files
from chronosight.errors import InputError
from chronosight.files import read_json, read_json_lines, read_json_object, write_json


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\r\n\r\n{"a": 2}\r\n')
    assert list(read_json_lines(path, "rows")) == [(1, {"a": 1}), (3, {"a": 2})]
    path.write_bytes(b'\xef\xbb\xbf{"a":\r\n 1}')
    assert read_json_object(path, "an object") == {"a": 1}


def test_what_is_written_is_read_again_and_no_temporary_file_stays(tmp_path):
    write_json(tmp_path / "new" / "x.json", {"é": [1, None]})
    assert read_json(tmp_path / "new" / "x.json", "x") == {"é": [1, None]}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["x.json"]


@pytest.mark.parametrize("text", [b"[" * 100_000, b"[" * 101 + b"]" * 101, b"{", b"\xff\xfe1", b'{"a": nope}', b""])
def test_a_bad_document_is_one_line(tmp_path, text):
    path = tmp_path / "bad.json"
    path.write_bytes(text)
    with pytest.raises(InputError, match=r"bad.json .*expected a thing") as caught:
        read_json(path, "a thing")
    assert "\n" not in str(caught.value)


def test_brackets_inside_texts_do_not_count_as_levels(tmp_path):
    path = tmp_path / "texts.json"
    value = {"a\\": "[" * 200, 'b"': ["{" * 200, "\n]"]}
    path.write_text(json.dumps(value))
    assert read_json(path, "texts") == value
    path.write_text(json.dumps(["]" * 200]) [:-1] + "," + "[" * 150 + "]" * 150 + "]")
    with pytest.raises(InputError, match="more than 100 levels"):
        read_json(path, "lists")


def test_one_hundred_levels_are_not_too_deep(tmp_path):
    path = tmp_path / "deep.json"
    path.write_text("[" * 100 + "]" * 100)
    assert read_json(path, "lists")


@pytest.mark.parametrize("value", [[], "text", 1, None, True])
def test_an_object_is_asked_for(tmp_path, value):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(value))
    with pytest.raises(InputError, match="not an object"):
        read_json_object(path, "an object")


def test_the_bad_line_is_named(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n\nnope\n')
    with pytest.raises(InputError, match=r"rows\.jsonl, line 3 is not JSON"):
        list(read_json_lines(path, "rows"))


def test_only_regular_files_within_the_limit_are_opened(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", ".", "missing", "bad\0name"):
        with pytest.raises(InputError, match="expected rows"):
            read_json(tmp_path / name, "rows")
        with pytest.raises(InputError, match="expected rows"):
            list(read_json_lines(tmp_path / name, "rows"))
    path = tmp_path / "long.json"
    path.write_text("[1, 2, 3]")
    with pytest.raises(InputError, match="the limit is 4"):
        read_json(path, "rows", max_bytes=4)
    monkeypatch.setattr(files, "MAX_LINE_BYTES", 5)
    with pytest.raises(InputError, match="line 1 is longer than 5 bytes"):
        list(read_json_lines(path, "rows"))
