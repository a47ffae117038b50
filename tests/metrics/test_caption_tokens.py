import importlib.util
import json
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest

from chronosight.metrics.caption_tokens import CONVENTIONS, build_vocabulary, tokenize
from chronosight.metrics.captions import bleu, bleu_parts, cider_d, rouge_l
from chronosight.metrics.meteor import exact_parts, exact_score, fewest_chunks

HERE = Path(__file__).parent
EXPECTED = json.loads((HERE / "expected" / "meteor_exact.json").read_text())
REFERENCE = HERE.parents[2] / "shared" / "reference"
REFERENCES = next((path for path in (REFERENCE, HERE.parents[3] / "shared" / "reference") if path.is_dir()), REFERENCE)
needs_reference = pytest.mark.skipif(not REFERENCES.is_dir(), reason="the caption tokens of LEVIR-CC are not here")


def real_sets() -> tuple[list[list[str]], list[list[list[str]]]]:
    """2,000 candidates and their four references: the first sentence of test and val pairs against the others."""
    archive = zipfile.ZipFile(REFERENCES / "levir_mci_caption_tokens.zip")
    sets = []
    for part in ("test_", "val_"):
        for name in sorted(n for n in archive.namelist() if part in n and n.endswith("txt")):
            sentences = [[w for w in s if w not in ("<START>", "<END>")] for s in json.loads(archive.read(name))]
            if len({" ".join(s) for s in sentences}) > 1:
                sets.append(sentences)
    random.Random(0).shuffle(sets)
    return [s[0] for s in sets[:2000]], [s[1:] for s in sets[:2000]]


def test_conventions_split_a_sentence_in_their_own_way():
    sentence, vocabulary = "Two Houses appear . near it", {"<NULL>": 0, "<UNK>": 1, "<START>": 2, "<END>": 3, "two": 4}
    expected = {
        "word": ["two", "houses", "appear", "near", "it"],
        "text": ["Two", "Houses", "appear", ".", "near", "it"],
        "index": ["4", "1", "1", "1", "1"],
    }
    assert {convention: tokenize(sentence, convention, vocabulary) for convention in CONVENTIONS} == expected
    with pytest.raises(ValueError, match="vocabulary"):
        tokenize(sentence, "index")


def test_a_vocabulary_leaves_out_rare_words():
    vocabulary = build_vocabulary(["road a ."] * 6 + ["a tree"] * 5)
    assert vocabulary == {"<NULL>": 0, "<UNK>": 1, "<START>": 2, "<END>": 3, "a": 4, "road": 5}


def test_meteor_without_java_equals_the_jar_on_made_sets():
    made = EXPECTED["made"]
    statistics = np.stack([exact_parts(c.split(), [r.split() for r in refs]) for c, refs in made["sets"]])
    np.testing.assert_allclose(exact_score(statistics), made["segments"], atol=1e-8)
    assert exact_score(statistics.sum(axis=0)) == pytest.approx(made["corpus"], abs=1e-12)


def test_meteor_by_hand():
    # 3 of 4 words match, in two chunks; precision 3/4, recall 3/5.
    words, reference = ["1", "2", "9", "4"], ["1", "2", "3", "4", "5"]
    mean = (3 / 4) * (3 / 5) / (0.85 * 3 / 4 + 0.15 * 3 / 5)
    assert fewest_chunks(tuple(words), tuple(reference)) == 2
    assert exact_score(exact_parts(words, [reference])) == pytest.approx(mean * (1 - 0.6 * (2 / 3) ** 0.2))
    assert exact_score(exact_parts(words, [words])) == pytest.approx(1)
    assert exact_score(exact_parts([], [words])) == 0


@pytest.mark.shared
@needs_reference
def test_meteor_without_java_equals_the_jar_on_real_sets():
    import hashlib

    vocabulary = json.loads((REFERENCES / "levir_mci_vocab.json").read_text())
    said, groups = real_sets()
    index = [[str(vocabulary.get(w, 1)) for w in words] for words in said]
    expected = EXPECTED["levir_cc"]
    digest = hashlib.sha256("\n".join(" ".join(words) for words in index).encode()).hexdigest()
    assert digest == expected["candidates_sha256"]
    reference_index = [[[str(vocabulary.get(w, 1)) for w in words] for words in group] for group in groups]
    statistics = np.stack([exact_parts(c, group) for c, group in zip(index, reference_index, strict=True)])
    np.testing.assert_allclose(exact_score(statistics), expected["segments"], atol=1e-6)
    assert exact_score(statistics.sum(axis=0)) == pytest.approx(expected["corpus"], abs=1e-6)


@pytest.mark.shared
@needs_reference
def test_the_vocabulary_of_all_references_is_the_published_one():
    archive = zipfile.ZipFile(REFERENCES / "levir_mci_caption_tokens.zip")
    sentences = [
        " ".join(w for w in s if w not in ("<START>", "<END>"))
        for name in archive.namelist()
        if name.endswith("txt")
        for s in json.loads(archive.read(name))
    ]
    assert build_vocabulary(sentences) == json.loads((REFERENCES / "levir_mci_vocab.json").read_text())


@pytest.mark.shared
@needs_reference
@pytest.mark.skipif(importlib.util.find_spec("pycocoevalcap") is None, reason="pycocoevalcap is not installed")
@pytest.mark.parametrize("convention", CONVENTIONS)
def test_equal_to_pycocoevalcap_on_2000_real_sets(convention):
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge

    vocabulary = json.loads((REFERENCES / "levir_mci_vocab.json").read_text())
    said, groups = real_sets()
    if convention == "text":  # as people write: a capital and a full stop
        said, groups = [[c[0].upper(), *c[1:], "."] for c in said], [[[*r, "."] for r in group] for group in groups]
    words = [tokenize(" ".join(c), convention, vocabulary) for c in said]
    references = [[tokenize(" ".join(r), convention, vocabulary) for r in group] for group in groups]
    a = {i: [" ".join(c)] for i, c in enumerate(words)}
    b = {i: [" ".join(r) for r in group] for i, group in enumerate(references)}
    assert len(a) == 2000
    blocks = [bleu_parts(c, group) for c, group in zip(words, references, strict=True)]
    assert bleu(np.sum(blocks, axis=0)) == pytest.approx(Bleu(4).compute_score(b, a, verbose=0)[0], abs=1e-9)
    rouge = [rouge_l(c, group) for c, group in zip(words, references, strict=True)]
    np.testing.assert_allclose(rouge, Rouge().compute_score(b, a)[1], atol=1e-9)
    np.testing.assert_allclose(cider_d(words, references), Cider().compute_score(b, a)[1], atol=1e-9)
