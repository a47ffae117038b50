"""Pairs for PyTorch: samples as torchgeo's change detection datasets have them, collated by PyTorch's own function."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from bad_inputs import texture, write_tiff
from chronosight.datasets.torch_datasets import ChangeIMTI, LevirMCI, PairFolder, PairLoaders
from chronosight.errors import InputError
from tiny_instructions import write_instructions
from tiny_levir import SIDE, write_levir

torch = pytest.importorskip("torch")
BATCH = 2


def batch_of(dataset, size=BATCH):
    return next(iter(torch.utils.data.DataLoader(dataset, batch_size=size)))


def test_levir_mci_as_torchgeo_gives_it(tmp_path):
    root = write_levir(tmp_path / "mci")
    dataset = LevirMCI(root, "train")
    assert len(dataset) == 4 and dataset.classes == ("background", "road", "building")
    sample = dataset[0]
    before = np.asarray(Image.open(root / "images/train/A/train_000001.png"))
    label = np.asarray(Image.open(root / "images/train/label/train_000001.png"))
    assert sample["image1"].dtype == torch.float32 and sample["mask"].dtype == torch.int64
    np.testing.assert_array_equal(sample["image1"].numpy(), before.transpose(2, 0, 1))
    np.testing.assert_array_equal(sample["mask"].numpy(), np.select([label == 128, label == 255], [1, 2]))
    assert sample["changed"].item() is True and dataset[1]["changed"].item() is False
    batch = batch_of(dataset)
    assert batch["image1"].shape == batch["image2"].shape == (BATCH, 3, SIDE, SIDE) and batch["mask"].shape == (BATCH, SIDE, SIDE)
    assert len(batch["captions"]) == 5 and batch["captions"][0][0] == sample["captions"][0]
    assert len(LevirMCI(root, "test")) == 1 and dataset[-1]["changed"].item() is True
    with pytest.raises(InputError, match='no split "holiday"'):
        LevirMCI(root, "holiday")
    with pytest.raises(InputError, match="LevirCCcaptions"):
        LevirMCI(tmp_path)


def test_changeimti_gives_every_round(tmp_path):
    folder = write_instructions(tmp_path / "imti", pairs=3)
    dataset = ChangeIMTI(folder)
    assert len(dataset) == 3 * 6  # a dialogue has two rounds
    assert {dataset[index]["task"] for index in range(6)} == {"caption", "binary", "count", "location"}
    first, second = dataset[4], dataset[5]
    assert first["history"] == "" and second["history"] == f"{first['question']}\n{first['reply']}"
    batch = batch_of(dataset, 6)
    assert batch["image1"].shape[0] == 6 and len(batch["question"]) == 6 and "mask" not in batch
    elsewhere = ChangeIMTI(folder / "train.jsonl", images=folder)
    assert torch.equal(elsewhere[0]["image2"], dataset[0]["image2"])
    with pytest.raises(InputError, match="no mask"):
        ChangeIMTI(folder, masks=True)
    (tmp_path / "bad.jsonl").write_text('{"id": "x", "images": ["a.png"], "messages": [{"role": "user", "content": "Hello"}]}\n')
    with pytest.raises(InputError, match=r"bad.jsonl, record 1"):
        ChangeIMTI(tmp_path / "bad.jsonl")


def test_changeimti_with_the_masks_of_levir_mci(tmp_path):
    root = write_levir(tmp_path / "mci")
    (tmp_path / "records.jsonl").write_text(
        '{"id": "1", "images": ["images/train/A/train_000001.png", "images/train/B/train_000001.png"], "messages": '
        '[{"role": "user", "content": "How many roads have been changed in these two images:<image> and <image>"}, '
        '{"role": "assistant", "content": "1"}]}\n'
    )
    sample = ChangeIMTI(tmp_path / "records.jsonl", images=root, masks=True)[0]
    assert torch.equal(sample["mask"], LevirMCI(root, "train")[0]["mask"]) and sample["task"] == "count"


def folder_of(root, count=3, labels=True):
    for part in ("A", "B", *(["label"] if labels else [])):
        (root / part).mkdir(parents=True)
    for number in range(count):
        image = texture(48, 64, seed=number)
        label = np.zeros((48, 64), np.uint8)
        label[5:9, 7:20] = 255
        Image.fromarray(image).save(root / "A" / f"p{number}.png")
        Image.fromarray(image[::-1]).save(root / "B" / f"p{number}.png")
        if labels:
            Image.fromarray(label).save(root / "label" / f"p{number}.png")
    return root


def test_a_folder_of_pairs(tmp_path):
    dataset = PairFolder(folder_of(tmp_path / "train"), classes=("background", "building"))
    assert len(dataset) == 3 and dataset[1]["name"] == "p1"
    assert dataset[0]["mask"].sum() == 4 * 13 and dataset[0]["mask"].max() == 1
    np.testing.assert_array_equal(dataset[2]["image2"].numpy(), texture(48, 64, seed=2)[::-1].transpose(2, 0, 1))
    assert batch_of(dataset)["mask"].shape == (BATCH, 48, 64)
    assert len(PairFolder(tmp_path, split="train")) == 3
    assert "mask" not in PairFolder(folder_of(tmp_path / "bare", labels=False))[0]
    dataset.transforms = lambda sample: {"image1": sample["image1"] / 255}
    assert set(dataset[0]) == {"image1"} and dataset[0]["image1"].max() <= 1


def test_georeferenced_dates_of_two_grids_lie_on_one(tmp_path):
    write_tiff(tmp_path / "x_before.tif", texture(60, 60), x=600_000)
    write_tiff(tmp_path / "x_after.tif", texture(60, 60), x=600_010)
    sample = PairFolder(tmp_path)[0]
    assert sample["image1"].shape == sample["image2"].shape == (3, 60, 50)


def test_what_is_missing_is_said(tmp_path):
    root = folder_of(tmp_path / "some")
    (root / "label" / "p1.png").unlink()
    with pytest.raises(InputError, match=r"1 of 3 pairs in .* have no mask, the first is p1"):
        PairFolder(root)
    with pytest.raises(InputError, match="no folder"):
        PairFolder(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no pairs"):
        PairFolder(tmp_path / "empty")
    other = folder_of(tmp_path / "sizes")
    Image.fromarray(np.zeros((10, 10), np.uint8)).save(other / "label" / "p0.png")
    with pytest.raises(InputError, match=r"10 x 10, its image 64 x 48"):
        PairFolder(other)[0]


def test_loaders_shuffle_the_training_alone(tmp_path):
    train = PairFolder(folder_of(tmp_path / "train", 6))
    loaders = PairLoaders(train, val=PairFolder(folder_of(tmp_path / "val", 2)), batch_size=2, seed=1)
    orders = [[name for batch in loader for name in batch["name"]] for loader in
              (loaders.train_dataloader(), loaders.train_dataloader(), loaders.val_dataloader())]  # fmt: skip
    assert sorted(orders[0]) == [f"p{number}" for number in range(6)] and orders[0] == orders[1] != sorted(orders[0])
    assert orders[2] == ["p0", "p1"]
    with pytest.raises(InputError, match="no test dataset"):
        loaders.test_dataloader()


def test_torch_is_imported_by_the_first_sample_alone():
    code = "import sys, chronosight.datasets.torch_datasets; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
