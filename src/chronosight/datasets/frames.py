"""The pictures of an example."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from chronosight.datasets.sample import Example
from chronosight.errors import InputError


def read_frames(example: Example, root: Path, video_frames: int = 8) -> np.ndarray:
    """(T, H, W, 3) uint8; T = 1 image, 2 pair, video_frames video (linspace(0, n - 2), black ones in front where short).

    Raises InputError, naming the file, for one that is missing, damaged, or of another size than its pair.
    """
    if example.kind == "video":
        from chronosight.scenes.files import file_format
        from chronosight.scenes.sampling import pad_left
        from chronosight.scenes.video import read_video

        path = root / example.files[0]
        if not path.is_file():
            raise InputError(f"no file {path}, of example {example.id}")
        return pad_left(read_video(path, file_format(path), video_frames).frames, video_frames)
    frames = [_picture(root / name, example.id) for name in example.files]
    if len({frame.shape for frame in frames}) > 1:
        raise InputError(
            f"the two dates of {example.id} are {frames[0].shape[:2]} and {frames[1].shape[:2]} pixels, expected one size"
        )
    return np.stack(frames)


def _picture(path: Path, name: str) -> np.ndarray:
    if not path.is_file():
        raise InputError(f"no file {path}, of example {name}")
    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("RGB"))
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a picture ({' '.join(str(error).split())}); download it again") from None
