import json

import pytest

from chronosight.errors import InputError
from chronosight.models.changevg.settings import FILE, Settings


def test_saved_and_loaded_they_are_the_same(tmp_path):
    settings = Settings(max_pixels=100_000, guide_form="full", wording="plain")
    settings.save(tmp_path)
    assert Settings.load(tmp_path) == settings
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_an_adapter_without_settings_has_the_published_ones(tmp_path):
    assert Settings.load(tmp_path) == Settings(512 * 512, 56 * 56, "caption", "changeimti")


@pytest.mark.parametrize(
    "bad", ['{"max_pixels": 5}', '{"max_pixels": "many"}', '{"guide_form": "loud"}', '{"wording": "x"}', '{"size": 1}', "[]", "{"]
)
def test_bad_settings_are_named_in_one_line(tmp_path, bad):
    (tmp_path / FILE).write_text(bad)
    with pytest.raises(InputError, match=FILE) as error:
        Settings.load(tmp_path)
    assert "\n" not in str(error.value)


def test_fields_left_out_keep_their_default(tmp_path):
    (tmp_path / FILE).write_text(json.dumps({"guide_form": "none"}))
    assert Settings.load(tmp_path) == Settings(guide_form="none")
