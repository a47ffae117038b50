"""What people score against people on LEVIR-CC: each reference of a test pair against its four siblings.

    python benchmarks/human_row.py LevirCCcaptions.json [--no-meteor]

Each of the five takes its turn as the candidate; a figure is the mean of the five. A model has five references to agree
with and a person four, which costs the person some; with four references for both, a model would score less too. Also
accepts the zip of caption tokens (tokens/SPLIT_NUMBER.txt, five lists of words with <START> and <END>).
"""

from __future__ import annotations

import argparse
import json
import zipfile
from pathlib import Path

import numpy as np

from chronosight.metrics.caption_tokens import Convention, build_vocabulary, tokenize
from chronosight.metrics.captions import bleu, bleu_parts, cider_d, rouge_l
from chronosight.metrics.meteor import exact_parts, exact_score, java_parts, java_score
from chronosight.tasks.caption import says_no_change


def read(path: Path) -> dict[str, list[list[str]]]:
    """Split -> pairs, each a list of five sentences."""
    found: dict[str, list[list[str]]] = {}
    if path.suffix == ".zip":
        archive = zipfile.ZipFile(path)
        for name in sorted(n for n in archive.namelist() if n.endswith(".txt")):
            sentences = [" ".join(s[1:-1]) for s in json.loads(archive.read(name))]
            found.setdefault(Path(name).stem.partition("_")[0], []).append(sentences)
        return found
    for row in json.loads(path.read_text(encoding="utf-8"))["images"]:
        found.setdefault(row["split"], []).append([" ".join(s["tokens"]) for s in row["sentences"]])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captions", type=Path)
    parser.add_argument("--no-meteor", action="store_true", help="leave out METEOR's Java program")
    arguments = parser.parse_args()
    splits = read(arguments.captions)
    vocabulary = build_vocabulary(s for pairs in splits.values() for pair in pairs for s in pair)
    test = splits["test"]
    changed = [pair for pair in test if not all(says_no_change(s) for s in pair)]
    print("| pairs | convention | BLEU-1 | BLEU-4 | METEOR | ROUGE-L | CIDEr-D | S*m |\n|---|---|---|---|---|---|---|---|")
    conventions: tuple[Convention, ...] = ("index", "word")
    for name, pairs in ((f"all {len(test):,}", test), (f"changed, {len(changed):,}", changed)):
        for convention in conventions:
            row = np.mean([turn(pairs, k, convention, vocabulary, not arguments.no_meteor) for k in range(5)], axis=0)
            cells = " | ".join("-" if np.isnan(value) else f"{100 * value:.2f}" for value in row)
            print(f"| {name} | {convention} | {cells} |", flush=True)


def turn(pairs: list[list[str]], k: int, convention: Convention, vocabulary: dict[str, int], jar: bool) -> list[float]:
    """BLEU-1, BLEU-4, METEOR, ROUGE-L, CIDEr-D and S*m of the k-th references against the others."""
    said = [tokenize(pair[k], convention, vocabulary) for pair in pairs]
    told = [[tokenize(s, convention, vocabulary) for i, s in enumerate(pair) if i != k] for pair in pairs]
    if convention == "index":
        meteor = float(exact_score(np.sum([exact_parts(c, group) for c, group in zip(said, told, strict=True)], axis=0)))
    else:
        parts = java_parts(said, told)[0] if jar else None
        meteor = float("nan") if parts is None else float(java_score(parts.sum(axis=0)))
    scores = bleu(np.sum([bleu_parts(c, group) for c, group in zip(said, told, strict=True)], axis=0))
    rouge = float(np.mean([rouge_l(c, group) for c, group in zip(said, told, strict=True)]))
    cider = float(cider_d(said, told).mean())
    return [scores[0], scores[3], meteor, rouge, cider, (scores[3] + meteor + rouge + cider) / 4]


if __name__ == "__main__":
    main()
