"""The same networks in eager torch: guide, vision tower, change extraction, and the questions of a description."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any


def torch_seconds(checkpoint: Path, scene: Any, repeats: int) -> list[float]:
    """Time of each repeat, in seconds. checkpoint: folder with `guide/` and `unirs/`, as training leaves them.

    The questions of a description go through `generate` as one batch, with its cache, as the compact engine does it.
    """
    import torch

    from chronosight.models.guide.modeling import GuideModel
    from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
    from chronosight.models.unirs.processing import UniRSProcessor
    from chronosight.tasks import binary, caption, count, location
    from chronosight.tasks.prompt import EOS

    guide = GuideModel.from_pretrained(checkpoint / "guide").eval()
    model = UniRSForConditionalGeneration.from_pretrained(checkpoint / "unirs").eval()
    processor = UniRSProcessor.from_pretrained(checkpoint / "unirs")
    frames = torch.from_numpy(scene.tensor())
    questions = [binary.ask(), caption.ask("pair")]
    questions += [task.ask(name) for task in (count, location) for name in ("buildings", "roads")]
    batch = processor(None, ["pair"] * len(questions), questions)
    end = processor.tokenizer.convert_tokens_to_ids(EOS)
    times = []
    with torch.inference_mode():
        for repeat in range(repeats + 1):
            start = time.perf_counter()
            guide(frames[:1], frames[1:])
            visual = model.encode_visual(processor.pixels(scene.frames, "pair"), "pair")
            model.generate(
                batch["input_ids"],
                batch["attention_mask"],
                visual=[visual] * len(questions),
                max_new_tokens=40,
                do_sample=False,
                eos_token_id=end,
                pad_token_id=processor.tokenizer.pad_token_id,
            )
            if repeat:  # the first one warms up
                times.append(time.perf_counter() - start)
    return times
