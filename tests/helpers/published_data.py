"""Small seeded fakes of the published data sets of joint training, in the folder layout each is published in."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
from PIL import Image


def write_all(root: Path) -> Path:
    write_geochat(root / "GeoChat_Instruct")
    write_levir_cc(root / "Levir-CC-dataset")
    write_era(root / "ERA_Dataset")
    write_rsvqa(root / "RSVQA_LR", "LR", "Images_LR", "tif")
    write_rsvqa(root / "RSVQA_HR", "USGS", "Data", "png")
    write_crsvqa(root / "MQVQA_dataset")
    write_cdvqa(root / "CDVQA")
    return root


def picture(path: Path, seed: int, side: int = 40) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 255, (5, 5, 3), np.uint8))
    small.resize((side, side)).save(path)


def write_geochat(root: Path) -> None:
    rows = []
    for i, word in enumerate(("river", "road", "house")):
        picture(root / "images" / f"P{i}.png", i)
        said = [("human", "<image>\nWhat is shown? Answer the question using a single word or phrase."), ("gpt", word)]
        said += [("human", "[refer] Where is it?"), ("gpt", "{<10><20><30><40>|<90>}")] if i == 0 else []
        turns = [{"from": who, "value": text} for who, text in said]
        rows.append({"id": f"P{i}", "image": f"P{i}.png", "conversations": turns})
    rows.append({"id": "text only", "conversations": rows[0]["conversations"]})
    (root / "GeoChat_Instruct.json").write_text(json.dumps(rows))


def write_levir_cc(root: Path) -> None:
    images = []
    for i, split in enumerate(("train", "train", "val", "test")):
        name = f"{split}_{i:06d}.png"
        for date in "AB":
            picture(root / "images" / split / date / name, 10 + 2 * i + (date == "B"))
        said = [" a road is built ."] + [f" {k} houses appeared ." for k in (2, 3, 4, 5)]
        sentences = [{"raw": raw, "tokens": raw.split(), "imgid": i} for raw in said]
        images.append({"filename": name, "filepath": split, "split": split, "imgid": i, "changeflag": 1, "sentences": sentences})
    (root / "LevirCCcaptions.json").write_text(json.dumps({"images": images, "dataset": "LEVIR-CC"}))


def write_era(root: Path) -> None:
    for split, folders in (("Train", ("PoliceChase", "post_earthquake")), ("Test", ("Flood",))):
        for i, folder in enumerate(folders):
            path = root / split / folder / f"{folder}_001.mp4"
            path.parent.mkdir(parents=True, exist_ok=True)
            rng = np.random.default_rng(30 + i)
            with av.open(str(path), "w") as file:
                stream = file.add_stream("libx264", rate=24)
                stream.width = stream.height = 48
                stream.pix_fmt = "yuv420p"
                base = rng.integers(0, 255, (48, 48, 3), np.uint8)
                for k in range(12):
                    frame = av.VideoFrame.from_ndarray(np.roll(base, k, 1), format="rgb24")
                    file.mux(stream.encode(frame))
                file.mux(stream.encode())


def write_rsvqa(root: Path, prefix: str, folder: str, suffix: str) -> None:
    for split in ("train", "val", "test"):
        questions, answers, images = [], [], []
        asked = [("presence", "Is a road present?", "yes"), ("comp", "Are there more roads than buildings?", "no")]
        asked += [("count", "What is the number of roads?", "7"), ("area", "What is the area covered by roads?", "40m2")]
        asked += [("rural_urban", "Is it a rural or an urban area", "rural")] if prefix == "LR" else []
        for i, (kind, text, answer) in enumerate(asked):
            questions.append({"id": i, "img_id": i % 2, "type": kind, "question": text, "answers_ids": [i], "active": True})
            answers.append({"id": i, "question_id": i, "answer": answer, "active": True})
        questions.append({"id": 99, "active": False})
        answers.append({"id": 99, "active": False})
        images += [{"id": i, "questions_ids": [], "active": True} for i in (0, 1)]
        root.mkdir(parents=True, exist_ok=True)
        for name, rows in (("questions", questions), ("answers", answers), ("images", images)):
            (root / f"{prefix}_split_{split}_{name}.json").write_text(json.dumps({name: rows}))
    for i in (0, 1):
        picture(root / folder / f"{i}.{suffix}", 50 + i)


def write_crsvqa(root: Path) -> None:
    for i in range(12):
        picture(root / "data" / "image" / f"scene{i}.png", 60 + i)
        path = root / "data" / "text" / f"scene{i}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes("What is the theme of this scene？\r\nairport\r\nHow many planes are left of it?\r\ntwo\r\n".encode())


def write_cdvqa(root: Path) -> None:
    root.mkdir(parents=True)
    rows = {
        "questions": [{"id": i, "img_id": i, "type": "change_or_not", "question": "Did it change?"} for i in (0, 1)],
        "answers": [{"id": i, "question_id": i, "answer": "yes"} for i in (0, 1)],
        "images": [{"id": i, "file_name": "00001.png"} for i in (0, 1)],
    }
    for name, entries in rows.items():
        (root / f"Train_{name}.json").write_text(json.dumps({name: entries}))
    for folder in ("im1", "im2"):
        picture(root / folder / "00001.png", 70)
