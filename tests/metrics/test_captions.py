import importlib.util
import math
import os
import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from chronosight.metrics.captions import bleu, bleu_parts, cider_d, rouge_l, to_words
from chronosight.metrics.meteor import java_parts, java_score

needs_scorer = pytest.mark.skipif(
    importlib.util.find_spec("pycocoevalcap") is None, reason="pycocoevalcap is not installed"
)
WORDS = ["the", "a", "two", "many", "houses", "road", "trees", "appear", "near", "villa", "scene", "same", "as"]


def made_captions(n: int, seed: int = 0) -> tuple[list[str], list[list[str]]]:
    """Captions whose words partly agree with their references; some are very short, one is empty."""
    random_ = random.Random(seed)
    references = [[" ".join(random_.choices(WORDS, k=random_.randint(3, 14))) for _ in range(5)] for _ in range(n)]
    candidates = []
    for group in references:
        words = random_.choice(group).split()
        candidates.append(" ".join(w if random_.random() < 0.7 else random_.choice(WORDS) for w in words))
    candidates[0], candidates[1] = "", "villa"
    return candidates, references


def score(candidates, references):
    """(BLEU-1 to 4, ROUGE-L, CIDEr-D) of captions as sentences, convention `word`."""
    said, references_by_image = [to_words(c) for c in candidates], [[to_words(r) for r in group] for group in references]
    blocks = np.stack([bleu_parts(c, group) for c, group in zip(said, references_by_image, strict=True)])
    rouge = np.array([rouge_l(c, group) for c, group in zip(said, references_by_image, strict=True)])
    return bleu(blocks.sum(axis=0)), rouge, cider_d(said, references_by_image)


def test_words_are_lower_cased_and_lose_full_stops_only():
    assert to_words("Two houses, appear . Near the road.") == ["two", "houses,", "appear", "near", "the", "road"]


def test_a_caption_equal_to_all_its_references_scores_one():
    captions = ["two houses appear near the road", "the scene is the same as before", "many trees replace a villa"]
    of_bleu, rouge, cider = score(captions, [[c.upper() + " ."] * 5 for c in captions])
    assert of_bleu == pytest.approx((1, 1, 1, 1), abs=1e-8)
    assert rouge == pytest.approx([1, 1, 1]) and cider == pytest.approx([10, 10, 10])


def test_bleu_by_hand():
    of_bleu, *_ = score(["a b c d"], [["a b c e f"]])
    short = math.exp(1 - 5 / 4)  # 4 words against 5
    assert of_bleu[0] == pytest.approx(short * 3 / 4, abs=1e-8)
    assert of_bleu[1] == pytest.approx(short * math.sqrt(3 / 4 * 2 / 3), abs=1e-8)
    assert of_bleu[2] == pytest.approx(short * (3 / 4 * 2 / 3 * 1 / 2) ** (1 / 3), abs=1e-8)
    long, *_ = score(["a b c d"], [["a b c"]])
    assert long[0] == pytest.approx(3 / 4, abs=1e-8), "a caption longer than its reference is not rewarded"
    # Matches are clipped by the best reference, and of references as near in length the shorter counts.
    assert bleu_parts(["a"] * 3, [["a", "a", "b", "c"], ["a", "b"]]).tolist() == [3, 2, 2, 1, 0, 0, 3, 2, 1, 0]
    many = np.stack([bleu_parts(list("abcd"), [list("abcef")]), np.zeros(10)])
    np.testing.assert_allclose(bleu(many)[0], of_bleu, rtol=1e-12)


def test_rouge_by_hand():
    # The common subsequence "a c" has 2 words: precision 2/3 and recall 2/4.
    expected = (1 + 1.44) * (2 / 3) * (1 / 2) / (1 / 2 + 1.44 * 2 / 3)
    assert rouge_l(["a", "b", "c"], [["a", "x", "c", "y"]]) == pytest.approx(expected)
    assert rouge_l(["a"], [["b"]]) == rouge_l([], [["b"]]) == rouge_l(["a"], [[]]) == 0


def test_cider_ignores_what_every_image_says():
    # "the" stands in all references, so it weighs nothing; a caption of it alone scores nothing.
    references = [[["the", "road"]], [["the", "tree"]], [["the", "house"]]]
    assert cider_d([["the"]] * 3, references) == pytest.approx([0, 0, 0])
    assert cider_d([["the", "road"], ["the"], ["the"]], references)[0] > 1
    assert cider_d([["road"]], [[["road"]]]) == [0], "one image has no document frequencies"
    assert cider_d([], []).shape == (0,)


@needs_scorer
@pytest.mark.parametrize("n", [2, 40])
def test_equal_to_pycocoevalcap(n):
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge

    candidates, references = made_captions(n)
    said = {i: [" ".join(to_words(c))] for i, c in enumerate(candidates)}
    references_by_image = {i: [" ".join(to_words(r)) for r in group] for i, group in enumerate(references)}
    of_bleu, rouge, cider = score(candidates, references)
    assert of_bleu == pytest.approx(Bleu(4).compute_score(references_by_image, said, verbose=0)[0], abs=1e-9)
    np.testing.assert_allclose(rouge, Rouge().compute_score(references_by_image, said)[1], atol=1e-9)
    np.testing.assert_allclose(cider, Cider().compute_score(references_by_image, said)[1], atol=1e-9)


def test_meteor_says_why_it_is_missing(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    parts, reason = java_parts([["a"]], [[["a"]]])
    assert parts is None and ("java" in reason or "pycocoevalcap" in reason)


def test_meteor_of_the_java_program_by_hand():
    # 4 words said, 5 in the reference, no function words; 3 exact matches and one of a stem in 2 chunks.
    sums = np.zeros(23)
    sums[:2], sums[4:6], sums[8:10], sums[20], sums[21:23] = (4, 5), 3, 1, 2, 4
    precision, recall = (0.75 * 3.6) / (0.75 * 4), (0.75 * 3.6) / (0.75 * 5)
    mean = precision * recall / (0.85 * precision + 0.15 * recall)
    assert java_score(sums) == pytest.approx(mean * (1 - 0.6 * (2 / 4) ** 0.2))
    assert java_score(np.zeros(23)) == 0


def test_meteor_weighs_content_words_three_times_as_much_as_function_words():
    # Said: 3 content and 2 function words; reference: 4 and 4. Matched exactly: 2 content and 1 function word, in 2 chunks.
    sums = np.zeros(23)
    sums[:4], sums[4:8], sums[20], sums[21:23] = (5, 8, 2, 4), (2, 2, 1, 1), 2, 3
    precision, recall = (0.75 * 2 + 0.25 * 1) / (0.75 * 3 + 0.25 * 2), (0.75 * 2 + 0.25 * 1) / (0.75 * 4 + 0.25 * 4)
    mean = precision * recall / (0.85 * precision + 0.15 * recall)
    expected = mean * (1 - 0.6 * (2 / 3) ** 0.2)
    assert java_score(sums) == pytest.approx(expected)
    np.testing.assert_allclose(java_score(np.stack([sums, 0 * sums, 2 * sums])), [expected, 0, expected])


@pytest.fixture
def java_that_says(tmp_path, monkeypatch):
    """Puts a program called java on PATH that stores its arguments and input, and prints what it is made to."""

    def install(output: str):
        program = tmp_path / "java"
        program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\ncat > {tmp_path}/input\nprintf "{output}"\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        return tmp_path

    return install


@needs_scorer
def test_what_the_java_program_is_given_and_what_is_read_back(java_that_says):
    whole, broken, shorter = ([2, 2, *[0] * 18, 1, 2, 2], [3, 2, *[0] * 18, 1, 2, 2], [2, 3, *[0] * 18, 1, 2, 2])
    phrase = [2, 2, *[0] * 18, 1, 2, 1]  # two words that stand for one of the reference's two
    lines = [" ".join(map(str, line)) for line in (whole, broken, shorter, [2, 2, *[0] * 18, 2, 2, 2], phrase)]
    folder = java_that_says("\\n".join(lines) + "\\n")
    said = [["a", "house"], ["a", "|||", "b"], ["c"], ["d"], ["e"]]
    parts, reason = java_parts(said, [[["a", "house"], ["x"]], [["y"]], [["z"]], [["d"]], [["e"]]])
    assert reason == "" and parts.shape == (5, 23)
    assert parts[:, 20].tolist() == [0, 1, 1, 2, 1], "only a whole sentence in one piece has no chunk"
    assert parts[1, :3].tolist() == [3, 2, 0]
    assert (folder / "input").read_text().splitlines() == [
        "SCORE ||| a house ||| x ||| a house", "SCORE ||| y ||| a b", "SCORE ||| z ||| c", "SCORE ||| d ||| d",
        "SCORE ||| e ||| e",
    ]  # fmt: skip
    jar, *options = (folder / "arguments").read_text().split()[2:]
    assert Path(jar).is_file() and options == ["-", "-", "-stdio", "-l", "en", "-norm"]


@needs_scorer
@pytest.mark.parametrize("output", ["", "Error: no memory", "1 2 3\\n"])
def test_a_java_program_that_fails_is_a_reason_not_an_error(java_that_says, output):
    java_that_says(output)
    parts, reason = java_parts([["a"]], [[["a"]]])
    assert parts is None and reason.startswith("METEOR's Java program failed: ") and "\n" not in reason


@pytest.mark.skipif(
    importlib.util.find_spec("pycocoevalcap") is None or shutil.which("java") is None,
    reason="METEOR needs pycocoevalcap and java",
)
def test_meteor_of_one_equal_caption_and_one_foreign():
    equal = ["two", "houses", "appear", "near", "the", "road"]
    parts, reason = java_parts([equal, ["x", "y", "z"]], [[equal], [["the", "scene", "is", "the", "same"]]])
    assert reason == "" and java_score(parts[0]) == pytest.approx(1) and java_score(parts[1]) < 0.1
    assert 0.2 < java_score(parts.sum(axis=0)) < 0.9
