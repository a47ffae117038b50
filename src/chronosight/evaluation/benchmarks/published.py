"""The benchmarks that papers report: their data, splits and tables. The readers are in `datasets/`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chronosight.datasets.cdvqa import read_cdvqa
from chronosight.datasets.crsvqa import read_crsvqa
from chronosight.datasets.era import read_era
from chronosight.datasets.levir import read_levir_cd, read_pairs
from chronosight.datasets.rsvqa import read_rsvqa_hr, read_rsvqa_lr
from chronosight.datasets.sample import Sample
from chronosight.evaluation.benchmarks.benchmark import Benchmark, Column, first_scenes
from chronosight.evaluation.benchmarks.changeimti import load_changeimti

SPLITS = ("test", "val", "train")
CC_LAYOUT = "LevirCCcaptions.json and images/{train,val,test}/{A,B}/*.png"
MCI_LAYOUT = "LevirCCcaptions.json and images/{train,val,test}/{A,B,label}/*.png"
CD_LAYOUT = "{train,val,test}/{A,B,label}/*.png"
LR_LAYOUT = "LR_split_{test,val,train}_{questions,answers,images}.json and Images_LR/*.tif"
HR_LAYOUT = "USGS_split_{test,test_phili,val,train}_{questions,answers,images}.json and Data/*.tif or *.png"
CDVQA_LAYOUT = "{Test,Test2,Val,Train}_{questions,answers,images}.json and SECOND's images im1/*.png and im2/*.png"
CRSVQA_LAYOUT = "data/text/NAME.txt, data/image/NAME.png, and optional lists {test,val,train}.txt"
ERA_LAYOUT = "Test/EVENT/*.mp4 and Train/EVENT/*.mp4, a folder an event"

CAPTION_COLUMNS = tuple(Column(name, f"{name} [{{c}}]") for name in ("BLEU-4", "METEOR", "ROUGE-L", "CIDEr-D", "S*m"))
MASK_COLUMNS = (
    Column("mIoU", "mask mIoU, background included"),
    Column("building IoU under 400 px", "mask of building IoU, under 400 px"),
)
CHANGEIMTI_COLUMNS = (
    Column("binary accuracy", "binary accuracy"),
    Column("precision", "binary precision"),
    Column("recall", "binary recall"),
    Column("F1", "binary F1"),
    Column("count MAE road", "count of roads MAE", 1),
    Column("count MAE building", "count of buildings MAE", 1),
    *(
        Column(f"{subject} {name}", f"location of {subject}s {metric}")
        for subject in ("road", "building")
        for name, metric in (
            ("location example accuracy", "example accuracy"),
            ("location F1", "micro F1"),
            ("location subset accuracy", "subset accuracy"),
        )
    ),
    *CAPTION_COLUMNS,
)
AVERAGES = tuple(Column(name, name) for name in ("average, weighted by question", "average, plain mean of types"))
TYPES = tuple(Column(name, f"{name}: accuracy") for name in ("presence", "comparison"))


def _load_cc(root: Path, split: str) -> list[Sample]:
    return [pair.caption_sample() for pair in read_pairs(root, split, need_masks=False)]


def _load_mci(root: Path, split: str) -> list[Sample]:
    return [sample for pair in read_pairs(root, split) for sample in (pair.caption_sample(), pair.mask_sample())]


def _all_captions(root: Path, split: str) -> list[str]:
    return [text for pair in read_pairs(root, need_masks=False) for text in pair.captions]


def _first(read: Callable[[Path, str], list[Sample]]) -> Callable[[Path, str, int | None], list[Sample]]:
    return lambda root, split, limit: first_scenes(read(root, split), limit)


BENCHMARKS = (
    Benchmark(
        "levir-cc", "LEVIR-CC: captions of change", "RSICCformer, Liu et al. 2022", CC_LAYOUT, SPLITS, _first(_load_cc),
        CAPTION_COLUMNS, vocabulary=_all_captions,
    ),
    Benchmark(
        "levir-mci", "LEVIR-MCI: captions and masks", "Change-Agent, arXiv 2403.19646", MCI_LAYOUT, SPLITS, _first(_load_mci),
        (*CAPTION_COLUMNS, *MASK_COLUMNS), optional=("mask", "caption"), vocabulary=_all_captions,
    ),
    Benchmark(
        "levir-cd", "LEVIR-CD: building change", "Chen and Shi 2020", CD_LAYOUT, SPLITS, _first(read_levir_cd),
        (Column("F1", "mask of building F1"), Column("IoU", "mask of building IoU")),
    ),
    Benchmark(
        "changeimti", "ChangeIMTI, test", "arXiv 2509.23105", MCI_LAYOUT, SPLITS, _first(load_changeimti), CHANGEIMTI_COLUMNS,
        optional=("mask", "dialogue"), vocabulary=_all_captions,
    ),
    Benchmark(
        "rsvqa-lr", "RSVQA-LR", "doi 10.5281/zenodo.6344334", LR_LAYOUT, SPLITS, _first(read_rsvqa_lr),
        (*TYPES, Column("rural_urban", "rural_urban: accuracy"), *AVERAGES), averaged=("presence", "comparison", "rural_urban"),
    ),
    Benchmark(
        "rsvqa-hr", "RSVQA-HR", "doi 10.5281/zenodo.6344367", HR_LAYOUT, ("test", "test_phili", "val", "train"),
        _first(read_rsvqa_hr), (*TYPES, *AVERAGES), averaged=("presence", "comparison"),
    ),
    Benchmark(
        "crsvqa", "CRSVQA", "MQVQA, Zhang et al. 2023", CRSVQA_LAYOUT, SPLITS, _first(read_crsvqa),
        (Column("overall accuracy", "average, weighted by question"),),
    ),
    Benchmark(
        "era", "ERA: events in videos", "Mou et al. 2020", ERA_LAYOUT, ("test", "train"), _first(read_era),
        (Column("overall accuracy", "overall accuracy"), Column("mean over classes", "mean over classes")),
    ),
    Benchmark(
        "cdvqa", "CDVQA", "Yuan et al. 2022", CDVQA_LAYOUT, ("test", "test2", "val", "train"), _first(read_cdvqa), AVERAGES
    ),
)  # fmt: skip
