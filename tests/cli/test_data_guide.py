"""`chronosight data guide` with real guides: weights of the compact engine, and guides trained without a fold each."""

import json
import sys

import numpy as np
import pytest
from PIL import Image

from chronosight.cli import main as cli
from chronosight.datasets.changeimti.build import label_pairs, write_set
from chronosight.datasets.changeimti.records import Settings
from chronosight.datasets.levir import read_pairs
from tiny_levir import write_levir


@pytest.fixture
def run(monkeypatch, capsys):
    """run(...) -> (exit code, stdout, stderr)."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["chronosight", *map(str, arguments)])
        with pytest.raises(SystemExit) as done:
            cli.main()
        out, err = capsys.readouterr()
        return done.value.code or 0, out, err

    return call


@pytest.fixture(scope="module")
def levir(tmp_path_factory):
    """(LEVIR-MCI folder, its ChangeIMTI folder)."""
    root = tmp_path_factory.mktemp("levir")
    pairs = read_pairs(write_levir(root / "source"))
    write_set(label_pairs(pairs, Settings()), root / "set", Settings())
    return root / "source", root / "set"


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_simulated_by_default_by_the_guide_with_plain(run, levir, tmp_path, bundle_folder):
    source, instructions = levir
    train = ("data", "guide", instructions / "train.jsonl", "--images", source)
    code, said, err = run(*train, "--out", tmp_path / "a.jsonl", "--form", "full")
    assert code == 0 and "4 pairs; simulated" in err and "4 pairs simulated" in said
    assert {row["guide"] for row in lines(tmp_path / "a.jsonl")} == {"simulated"}

    plain = (*train, "--out", tmp_path / "b.jsonl", "--plain", "--guide", bundle_folder)
    code, said, _ = run(*plain)
    assert code == 0 and "4 pairs by a guide" in said
    stamp = (tmp_path / "b.guides.jsonl").stat().st_mtime_ns
    first = (tmp_path / "b.jsonl").read_bytes()
    assert run(*plain)[0] == 0
    assert (tmp_path / "b.guides.jsonl").stat().st_mtime_ns == stamp and (tmp_path / "b.jsonl").read_bytes() == first


def test_the_clue_is_the_one_the_engine_gives(run, levir, tmp_path, bundle_folder):
    from chronosight.engines.changevg.guide import SceneGuide
    from chronosight.engines.compact.bundle import Bundle
    from chronosight.engines.compact.encoded import Networks
    from chronosight.models.changevg.prompt import user_turn
    from chronosight.scenes.open import open_scene

    source, instructions = levir
    run("data", "guide", instructions / "train.jsonl", "--images", source, "--out", tmp_path / "g.jsonl", "--plain",
        "--guide", bundle_folder, "--form", "full", "--targets", "all")  # fmt: skip
    before, after = lines(instructions / "train.jsonl")[0], lines(tmp_path / "g.jsonl")[0]
    scene = open_scene(*(source / name for name in before["images"]))
    clue = SceneGuide(scene, Networks(Bundle(bundle_folder))).clue("full")
    parts = user_turn(before["messages"][0]["content"], clue, 2)
    asked = "".join("<image>" if part["type"] == "image" else part["text"] for part in parts)
    assert after["messages"][0]["content"] == asked


def test_guides_of_the_folds_speak_of_their_own_fold(run, levir, tmp_path):
    from tokenizers import Tokenizer

    from chronosight.models.guide.configuration import GuideConfig
    from chronosight.models.guide.modeling import GuideModel
    from chronosight.training.samples.levir import levir_fold, word_tokenizer

    tokenizer: Tokenizer = word_tokenizer(["a house appears"], 1)
    small = {"widths": (6, 8, 8, 8, 8), "depths": (1, 1, 1, 1), "neck": (8,) * 5, "summary_width": 8, "vocab_size": 7}
    for fold in (0, 1):
        folder = tmp_path / "folds" / str(fold) / "final"
        GuideModel(GuideConfig(**small)).save_pretrained(folder)
        tokenizer.save(str(folder / "tokenizer.json"))
        (folder / "crossfit.json").write_text(json.dumps({"fold": fold, "folds": 2}))
    source, instructions = levir
    guides = ("--guide", tmp_path / "folds" / "1", "--guide", tmp_path / "folds" / "0" / "final")  # in any order: they say
    train = ("data", "guide", instructions / "train.jsonl", "--images", source, "--out", tmp_path / "g.jsonl")
    code, _, err = run(*train, *guides)
    assert code == 0 and "2 of 2 folds have a guide" in err
    rows = lines(tmp_path / "g.jsonl")
    assert all(row["guide"].startswith(f"guide {levir_fold(row['images'][0], 2)} ") for row in rows)
    assert len({row["guide"] for row in rows}) == 2
    code, _, err = run(*train, *guides[:2])
    assert code == 0 and "1 of 2 folds have a guide" in err
    assert {row["guide"].split()[0] for row in lines(tmp_path / "g.jsonl")} == {"guide", "simulated"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--plain", "--guide", "a", "--guide", "b"), "--plain takes one guide"),
        (("--plain", "--guide", "nowhere"), "no guide in nowhere"),
    ],
)
def test_wrong_options_are_one_line(run, levir, tmp_path, options, words):
    code, out, err = run("data", "guide", levir[1] / "train.jsonl", "--out", tmp_path / "o.jsonl", *options)
    assert code == 2 and out == "" and words in err and len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(("option", "choices"), [("--form", "'detail'"), ("--targets", "'bleu'")])
def test_a_wrong_choice_names_the_choices(run, levir, tmp_path, option, choices):
    code, out, err = run("data", "guide", levir[1] / "train.jsonl", "--out", tmp_path / "o.jsonl", option, "half")
    assert code == 2 and out == "" and option in err and choices in err and "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_images_of_an_odd_size_need_a_weights_folder(run, tmp_path, levir):
    from chronosight.models.guide.configuration import GuideConfig
    from chronosight.models.guide.modeling import GuideModel
    from chronosight.training.samples.levir import word_tokenizer

    small = {"widths": (6, 8, 8, 8, 8), "depths": (1, 1, 1, 1), "neck": (8,) * 5, "summary_width": 8, "vocab_size": 7}
    GuideModel(GuideConfig(**small)).save_pretrained(tmp_path / "guide")
    word_tokenizer(["a house appears"], 1).save(str(tmp_path / "guide" / "tokenizer.json"))
    row = lines(levir[1] / "train.jsonl")[0]
    for name in row["images"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((50, 50, 3), np.uint8)).save(tmp_path / name)
    (tmp_path / "t.jsonl").write_text(json.dumps(row))
    code, _, err = run("data", "guide", tmp_path / "t.jsonl", "--out", tmp_path / "o", "--plain", "--guide", tmp_path / "guide")
    assert code == 2 and "multiples of 32" in err
