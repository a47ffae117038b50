import importlib.util
import math
import random
import shutil

import numpy as np
import pytest

from chronosight.metrics.captions import cider_d, rouge_l, score_captions, to_words
from chronosight.metrics.meteor import meteor

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


def test_words_are_lower_cased_and_lose_full_stops_only():
    assert to_words("Two houses, appear . Near the road.") == ["two", "houses,", "appear", "near", "the", "road"]


def test_a_caption_equal_to_all_its_references_scores_one():
    captions = ["two houses appear near the road", "the scene is the same as before", "many trees replace a villa"]
    scores = score_captions(captions, [[c.upper() + " ."] * 5 for c in captions], with_meteor=False)
    assert scores.bleu == pytest.approx((1, 1, 1, 1), abs=1e-8)
    assert scores.rouge_l == pytest.approx(1)
    assert scores.cider_d == pytest.approx(10)
    assert scores.s_m is None and scores.meteor_missing == "not asked for"


def test_bleu_by_hand():
    scores = score_captions(["a b c d"], [["a b c e f"]], with_meteor=False)
    short = math.exp(1 - 5 / 4)  # 4 words against 5
    assert scores.bleu[0] == pytest.approx(short * 3 / 4, abs=1e-8)
    assert scores.bleu[1] == pytest.approx(short * math.sqrt(3 / 4 * 2 / 3), abs=1e-8)


def test_rouge_by_hand():
    # The common subsequence "a c" has 2 words: precision 2/3 and recall 2/4.
    expected = (1 + 1.44) * (2 / 3) * (1 / 2) / (1 / 2 + 1.44 * 2 / 3)
    assert rouge_l(["a", "b", "c"], [["a", "x", "c", "y"]]) == pytest.approx(expected)


def test_cider_ignores_what_every_image_says():
    # "the" stands in all references, so it weighs nothing; a caption of it alone scores nothing.
    references = [[["the", "road"]], [["the", "tree"]], [["the", "house"]]]
    assert cider_d([["the"]] * 3, references) == pytest.approx([0, 0, 0])
    assert cider_d([["the", "road"], ["the"], ["the"]], references)[0] > 1


@pytest.mark.skipif(importlib.util.find_spec("pycocoevalcap") is None, reason="pycocoevalcap is not installed")
@pytest.mark.parametrize("n", [2, 40])
def test_equal_to_pycocoevalcap(n):
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge

    candidates, references = made_captions(n)
    said = {i: [" ".join(to_words(c))] for i, c in enumerate(candidates)}
    told = {i: [" ".join(to_words(r)) for r in group] for i, group in enumerate(references)}
    scores = score_captions(candidates, references, with_meteor=False)
    assert scores.bleu == pytest.approx(Bleu(4).compute_score(told, said, verbose=0)[0], abs=1e-9)
    rouge, rouges = Rouge().compute_score(told, said)
    assert scores.rouge_l == pytest.approx(rouge, abs=1e-9)
    np.testing.assert_allclose(scores.per_sentence["rouge_l"], rouges, atol=1e-9)
    cider, ciders = Cider().compute_score(told, said)
    assert scores.cider_d == pytest.approx(cider, abs=1e-9)
    np.testing.assert_allclose(scores.per_sentence["cider_d"], ciders, atol=1e-9)


def test_meteor_says_why_it_is_missing(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    value, reason = meteor([["a"]], [[["a"]]])
    assert value is None
    assert "java" in reason or "pycocoevalcap" in reason


@pytest.mark.skipif(
    importlib.util.find_spec("pycocoevalcap") is None or shutil.which("java") is None,
    reason="METEOR needs pycocoevalcap and java",
)
def test_meteor_of_one_equal_caption_and_one_foreign():
    equal, foreign = "two houses appear near the road", "x y z"
    scores = score_captions([equal, foreign], [[equal], ["the scene is the same"]])
    assert scores.meteor is not None and 0.2 < scores.meteor < 0.9
    mean = (scores.bleu[3] + scores.meteor + scores.rouge_l + scores.cider_d) / 4
    assert scores.s_m == pytest.approx(mean)


def test_wrong_lengths_are_refused():
    with pytest.raises(ValueError, match="2 captions for 1"):
        score_captions(["a", "b"], [["a"]])
