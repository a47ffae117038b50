"""Recipes: what the file says is what is used; what contradicts itself, or nobody reads, is one line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronosight.errors import InputError
from chronosight.training.checkpoints import store_recipe
from chronosight.training.recipes.compact import CompactRecipe
from chronosight.training.recipes.guide import GuideLevirRecipe
from chronosight.training.recipes.read import KINDS, RECIPES, parse_yaml, read_recipe, read_recipe_of

RECIPES_FOLDER = Path(__file__).parents[2] / "recipes"


def written(tmp_path, text):
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("path", sorted(RECIPES_FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_recipes_are_read_without_a_warning(path, capsys):
    assert read_recipe(path).kind in KINDS
    assert capsys.readouterr().err == ""


def test_what_is_left_out_keeps_its_default(tmp_path):
    recipe = read_recipe(written(tmp_path, "tower: {steps: 7, learning_rate: 1e-3}\n"))
    assert recipe.tower.steps == 7
    assert recipe.tower.learning_rate == pytest.approx(1e-3)  # YAML reads this number as text
    assert recipe.unirs == CompactRecipe().unirs
    assert read_recipe(written(tmp_path, "")) == CompactRecipe()


def test_every_field_says_what_it_is():
    def sections(model):
        yield model
        for field in model.model_fields.values():
            if isinstance(field.default, RECIPES[0].__mro__[1]):
                yield from sections(type(field.default))

    models = {section for recipe in RECIPES for section in sections(recipe)}
    assert len(models) > 10
    assert [f"{m.__name__}.{name}" for m in models for name, f in m.model_fields.items() if not f.description] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("towr: {steps: 7}", r"unknown towr; expected some of kind, vocabulary"),
        ("tower: {stepz: 7}", r"tower: unknown stepz; expected some of steps, images"),
        ("guide: {mix: {plce: 1}}", r"guide.mix: unknown plce; expected some of place, native"),
        ("tower: {steps: many}", r"tower.steps: .*found \"many\""),
        ("tower: {steps: 1.5}", r"tower.steps: "),
        ("tower: {steps: yes}", r"tower: steps is True, expected a number"),
        ("tower: 3", r"tower: "),
        ("cross_fitted: 9", r"cross_fitted is 9, expected 0 to fold_guide.folds"),
        ("kind: llava", r"kind is 'llava', expected one of compact"),
        ("kind: [compact]", r"kind is \['compact'\], expected one of compact"),
        ("kind: compact-ablations", r"run is not given"),
        ("kind: guide-levir-mci\nsize: 100", r"size is 100, expected a multiple of 32"),
        ("kind: guide-levir-mci\nfolds: 1", r"folds is 1, expected 0 for none or 2 and more"),
        ("kind: changevg-lora\nguide_form: half", r"guide_form: .*'caption'"),
        ("[1, 2]", r"found \[1, 2\], expected a mapping"),
        ("just text", r"found 'just text', expected a mapping"),
        ("1: {2: 3}", r"found the key 1, expected the name of a field"),
        ("tower: {model: {1: 2}}", r"found the key 1, expected the name of a field"),
        ("a: [b: c", r"is not YAML"),
        ("a: !!python/object/apply:os.system [true]", r"is not YAML"),
        ("tower: {pictures: 3, images: 3}", r"pictures is the old name of images; give images alone"),
    ],
)  # fmt: skip
def test_a_wrong_recipe_is_one_line(tmp_path, text, message):
    with pytest.raises(InputError, match=message) as refused:
        read_recipe(written(tmp_path, text))
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 900


def test_yaml_that_expands_or_nests_is_refused(tmp_path):
    laughs = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40))
    with pytest.raises(InputError, match="expands to more than"):
        read_recipe(written(tmp_path, laughs))
    for nested in ("a: " + "[" * 60 + "]" * 60, "a: &a [*a]", "[" * 100_000):
        with pytest.raises(InputError):
            read_recipe(written(tmp_path, nested))
    recipe = read_recipe(written(tmp_path, "fold_guide: &g {steps: 5}\nguide: *g"))  # a plain alias is welcome
    assert recipe.guide.steps == 5


@given(st.text(alphabet=st.sampled_from("ab:{}[],&*!#-?|>'\"\n 1.~\x00é"), max_size=60))
def test_any_text_is_a_value_or_one_line(text):
    try:
        parse_yaml(text, "recipe.yaml")
    except InputError as error:
        assert "\n" not in str(error)


def test_files_that_are_none(tmp_path):
    with pytest.raises(InputError, match=r"no recipe nowhere\.yaml"):
        read_recipe("nowhere.yaml")
    with pytest.raises(InputError, match="is a folder"):
        read_recipe(tmp_path)
    (tmp_path / "r.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8"):
        read_recipe(tmp_path / "r.yaml")


def test_set_takes_the_place_of_the_file(tmp_path):
    path = written(tmp_path, "tower: {steps: 7}\nunirs: {views: {images: 2}}")
    recipe = read_recipe(path, ["tower.steps=9", "unirs.views.places = 5", "guide.compile=true", "tower.sides=[64, 96]"])
    assert (recipe.tower.steps, recipe.unirs.views.images, recipe.unirs.views.places) == (9, 2, 5)
    assert recipe.guide.compile is True and recipe.tower.sides == (64, 96)

    joint = written(tmp_path, "kind: unirs\nweights: w\nsources: [{name: era, folder: ERA}]")
    assert read_recipe(joint, ["sources.0.repeat=4"]).sources[0].repeat == 4


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("tower.steps", "expected name=value"), ("=3", "expected name=value"), ("tower..steps=3", "expected name=value"),
        ("tower.steps=many", "tower.steps"), ("tower.stepz=3", "unknown stepz"), ("vocabulary.size=3", "has no fields"),
        ("tower.steps=[", "is not YAML"),
    ],
)  # fmt: skip
def test_a_wrong_set_is_one_line(tmp_path, override, message):
    with pytest.raises(InputError, match=message) as refused:
        read_recipe(written(tmp_path, "vocabulary: 600"), [override])
    assert "\n" not in str(refused.value)


def test_old_names_work_with_a_warning(tmp_path, capsys):
    recipe = read_recipe(
        written(tmp_path, "tower: {pictures: 3}\nunirs: {told: 2, views: {pictures: 7}}\nguide: {mix: {picture: 1}}")
    )
    assert (recipe.tower.images, recipe.unirs.clue_exercises, recipe.unirs.views.images, recipe.guide.mix.image) == (3, 2, 7, 1)
    said = capsys.readouterr().err
    assert "pictures is now called images" in said and "told is now called clue_exercises" in said


def test_another_kind_is_refused(tmp_path):
    with pytest.raises(InputError, match="of kind compact, expected guide-levir-mci"):
        read_recipe_of(GuideLevirRecipe, written(tmp_path, "vocabulary: 600"))


def test_a_stored_recipe_holds_for_the_same_recipe_alone(tmp_path):
    recipe, stored = read_recipe(written(tmp_path, "tower: {images: 3}")), tmp_path / "run" / "recipe.yaml"
    store_recipe(recipe, stored)
    store_recipe(recipe, stored)
    stored.write_text(stored.read_text().replace("  images: 3", "  pictures: 3"))  # as a run before the renaming left it
    store_recipe(recipe, stored)
    with pytest.raises(InputError, match="begun with another recipe"):
        store_recipe(read_recipe(written(tmp_path, "tower: {images: 4}")), stored)
