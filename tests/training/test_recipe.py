"""Recipes: what the file says is what is used, and what nobody reads is an error."""

from pathlib import Path

import pytest

from chronosight.errors import InputError
from chronosight.training.recipe import CompactRecipe, load_recipe

SHIPPED = Path(__file__).parents[2] / "recipes" / "compact.yaml"


def written(tmp_path, text):
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    return path


def test_shipped_recipe_is_read():
    recipe = load_recipe(SHIPPED)
    assert recipe.tower.steps > 0
    assert recipe.unirs.views["pictures"] >= 1


def test_what_is_left_out_keeps_its_default(tmp_path):
    recipe = load_recipe(written(tmp_path, "tower: {steps: 7, learning_rate: 1e-3}\n"))
    assert recipe.tower.steps == 7
    assert recipe.tower.learning_rate == pytest.approx(1e-3)  # YAML reads this number as text
    assert recipe.unirs == CompactRecipe().unirs


@pytest.mark.parametrize("text", ["towr: {steps: 7}", "tower: {stepz: 7}"])
def test_unknown_key_is_named(tmp_path, text):
    with pytest.raises(InputError, match=r"unknown (towr|stepz)"):
        load_recipe(written(tmp_path, text))


@pytest.mark.parametrize("text", ["tower: {steps: many}", "tower: {steps: 1.5}", "tower: 3", "[1, 2]", "a: [b: c"])
def test_wrong_value_is_one_line(tmp_path, text):
    with pytest.raises(InputError) as error:
        load_recipe(written(tmp_path, text))
    assert "\n" not in str(error.value)


def test_missing_file():
    with pytest.raises(InputError, match="no recipe"):
        load_recipe("nowhere.yaml")
