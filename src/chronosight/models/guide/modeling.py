"""The vision guide: what changed between two dates, per pixel and as a sentence (arXiv 2509.23105)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F
from transformers import PreTrainedModel
from transformers import initialization as init
from transformers.utils.generic import ModelOutput

from chronosight.models.efficientnet import EfficientNetLite
from chronosight.models.guide.configuration import GuideConfig
from chronosight.models.guide.encoder import ConvEncoder, make_encoder
from chronosight.models.guide.recognition import RecognitionBranch
from chronosight.models.guide.siamese import SiameseBranch
from chronosight.models.guide.summary import CaptionDecoder, SummaryEncoder
from chronosight.models.unirs.conv_tower import ConvTower, QuietNorm
from chronosight.tasks.land_cover import GUIDE_MAPS


@dataclass
class GuideOutput(ModelOutput):
    """What the guide gives.

    Attributes:
        class_logits: (N, C, H, W).
        appeared_logit: (N, 1, H, W), above 0 where the change is new rather than gone.
        core_logit: (N, 1, H, W), above 0 in the inside of changed buildings, which keeps neighbours apart (tasks/split.py).
        footprint_logit: (N, 2, H, W), above 0 where a building stands at the earlier and at the later date; None where the
            branch does not distinguish the dates.
        change_logit: (N,), that anything changed.
        memory: (N, 64, D) for `GuideModel.caption_logits`.
        level_4, level_8, level_16: (2 N, C, H / 4, W / 4) and so on, the encoder's maps of all earlier dates, then all later
            ones, and
        decoded_4: (2 N, K, H / 4, W / 4) what the Siamese branch made of them: the input of `LandCoverModel`.
    """

    class_logits: torch.Tensor | None = None
    appeared_logit: torch.Tensor | None = None
    core_logit: torch.Tensor | None = None
    footprint_logit: torch.Tensor | None = None
    change_logit: torch.Tensor | None = None
    memory: torch.Tensor | None = None
    level_4: torch.Tensor | None = None
    level_8: torch.Tensor | None = None
    level_16: torch.Tensor | None = None
    decoded_4: torch.Tensor | None = None


class GuideModel(PreTrainedModel):
    """Siamese encoder, recognition branch (mask and direction), summary branch (caption).

    Heights and widths must be multiples of 32, the encoder's largest stride.
    """

    config_class = GuideConfig
    config: GuideConfig
    mean: torch.Tensor
    std: torch.Tensor
    main_input_name = "before"

    def __init__(self, config: GuideConfig) -> None:
        super().__init__(config)
        self.register_buffer("mean", torch.tensor(config.image_mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(config.image_std).view(1, 3, 1, 1))
        self.encoder = make_encoder(config)
        self.recognition: RecognitionBranch | SiameseBranch
        if isinstance(self.encoder, EfficientNetLite):
            self.recognition = SiameseBranch(list(config.widths), list(config.neck), len(config.classes))
        else:
            self.recognition = RecognitionBranch(config)
        self.change = nn.Linear(2 * list(config.neck)[-1], 1)
        self.summary_level = self.encoder.strides.index(16)
        self.summary = SummaryEncoder(list(config.widths)[self.summary_level], config)
        self.decoder = CaptionDecoder(config)
        self.post_init()  # type: ignore[no-untyped-call]

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        """He initialisation of convolutions before ReLU, residual blocks as the identity; other modules initialise themselves.

        Biased convolutions are named here all the same: a checkpoint that lacks one leaves its memory unset otherwise.
        """
        if isinstance(module, nn.Conv2d) and module.bias is None:
            init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, nn.Conv2d) and module.bias is not None:
            init.kaiming_uniform_(module.weight, a=5**0.5)
            init.zeros_(module.bias)
        elif isinstance(module, QuietNorm):
            init.zeros_(module.weight)

    def start_from(self, tower: ConvTower) -> None:
        """Copies a pretrained tower's stem and stages into a "conv" encoder of the same widths and depths.

        Args:
            tower: The tower.
        """
        assert isinstance(self.encoder, ConvEncoder)
        self.encoder.stem.load_state_dict(tower.stem.state_dict())
        self.encoder.stages.load_state_dict(tower.stages.state_dict())

    def forward(self, before: torch.Tensor, after: torch.Tensor) -> GuideOutput:
        """Compares two dates (ChangeVG, arXiv 2509.23105, vision-guided module).

        Args:
            before: (N, 3, H, W) in [0, 1], H and W multiples of 32, the earlier date.
            after: (N, 3, H, W) in [0, 1], the later date.

        Returns:
            Scores of classes, direction and cores, the score of any change, and the memory of the summary branch.
        """
        both = (torch.cat([before, after]) - self.mean) / self.std  # one pass of the encoder for both dates
        levels = self.encoder(both)
        first, second = zip(*(level.unflatten(0, (2, -1)).unbind() for level in levels), strict=True)
        size, footprints = before.shape[-2:], None
        shared: dict[str, torch.Tensor] = {}
        if isinstance(self.recognition, SiameseBranch):
            dates = self.recognition.decode_dates(levels)
            shared = dict(zip(GUIDE_MAPS, (*levels[1:], dates[1]), strict=True))
            scores, of_dates, coarsest = self.recognition.compare(dates)
            classes, core = scores.split([len(self.config.classes), 1], dim=1)
            footprints = F.interpolate(of_dates, size=size, mode="bilinear", align_corners=False)
            footprints = torch.cat(footprints.unflatten(0, (2, -1)).unbind(), dim=1)  # (N, 2, H, W)
            appeared = footprints[:, 1:] - footprints[:, :1]
        else:
            scores, coarsest = self.recognition(first, second)
            if scores.shape[-2:] != size:  # SegFormer's finest level has stride 4
                scores = F.interpolate(scores, size=size, mode="bilinear", align_corners=False)
            classes, appeared, core = scores.split([len(self.config.classes), 1, 1], dim=1)
        pooled = torch.cat([coarsest.amax((2, 3)), coarsest.mean((2, 3))], dim=1)  # (N, 2K)
        return GuideOutput(
            class_logits=classes,
            appeared_logit=appeared,
            core_logit=core,
            footprint_logit=footprints,
            change_logit=self.change(pooled).squeeze(1),
            memory=self.summary(first[self.summary_level], second[self.summary_level]),
            **shared,
        )

    def land_cover_features(self, images: torch.Tensor) -> list[torch.Tensor]:
        """What `LandCoverModel` reads of images, without comparing any.

        Args:
            images: (N, 3, H, W) in [0, 1], H and W multiples of 32.

        Returns:
            The maps of `GuideOutput` named in `tasks.land_cover.GUIDE_MAPS`, (N, ...) each.
        """
        assert isinstance(self.recognition, SiameseBranch)
        levels = self.encoder((images - self.mean) / self.std)
        return [*levels[1:], self.recognition.decode_dates(levels)[1]]

    def caption_logits(self, memory: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """Scores of the next token at each position of a caption.

        Args:
            memory: (N, 64, D) memory of the summary branch.
            tokens: (N, L) tokens so far.

        Returns:
            (N, L, V) logits.
        """
        return self.decoder(memory, tokens)

    @torch.no_grad()
    def caption(self, memory: torch.Tensor) -> torch.Tensor:
        """Generates captions greedily.

        Args:
            memory: (N, 64, D) memory of the summary branch.

        Returns:
            (N, <= max_caption) tokens, from the start token on, padded after the end token.
        """
        tokens = torch.full((memory.shape[0], 1), self.config.bos_token_id, device=memory.device)
        done = torch.zeros(memory.shape[0], dtype=torch.bool, device=memory.device)
        while tokens.shape[1] < self.config.max_caption and not bool(done.all()):
            word = self.caption_logits(memory, tokens)[:, -1].argmax(-1)
            word = torch.where(done, self.config.pad_token_id, word)
            done |= word == self.config.eos_token_id
            tokens = torch.cat([tokens, word[:, None]], dim=1)
        return tokens
