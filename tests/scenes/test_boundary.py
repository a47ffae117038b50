"""Whatever a file holds, its reader gives a scene or one line; and nothing beside it holds the reader up."""

import os

import numpy as np
import pytest
import rasterio

from bad_inputs import texture, write_png, write_tiff, write_video
from chronosight.errors import InputError
from chronosight.limits import MAX_ANIMATION_FRAMES, MAX_SIDE_TEXT_BYTES
from chronosight.scenes.open import open_scene
from scene_grounds import ground

AUX = (
    b"<PAMDataset><PAMRasterBand band='1'><Metadata domain='IMAGE_STRUCTURE'><MDI key='NBITS'>%s</MDI></Metadata>"
    b"</PAMRasterBand></PAMDataset>"
)


def seeds(folder):
    """One small file a kind that is read."""
    from PIL import Image

    frames = [Image.fromarray(texture(32, 40, seed)) for seed in range(10)]
    frames[0].save(folder / "a.gif", save_all=True, append_images=frames[1:], duration=100)
    for ending in ("jpg", "webp"):
        write_png(folder / f"a.{ending}")
    write_tiff(folder / "a.tif", texture(), compress="deflate")
    write_tiff(folder / "b.tif", texture().astype(np.uint16) * 200, nodata=0)
    write_video(folder / "a.mp4", 10)
    write_video(folder / "a.mkv", 10)
    write_video(folder / "a.avi", 10)
    return sorted([write_png(folder / "a.png"), *folder.glob("?.*")])


@pytest.mark.parametrize("seed", range(12))
def test_mutated_files(seed, tmp_path, capfd):
    """Bytes changed, cut out, doubled and zeroed at random places; headers more often than the rest."""
    rng = np.random.default_rng(seed)
    for path in seeds(tmp_path):
        content = bytearray(path.read_bytes())
        for _ in range(int(rng.integers(1, 12))):
            at = int(rng.integers(0, min(len(content), 400) if rng.random() < 0.6 else len(content)))
            length = int(rng.integers(1, 9))
            piece = [rng.bytes(length), b"", bytes(length), b"\xff" * length, bytes(content[at : at + length]) * 2]
            content[at : at + length] = piece[int(rng.integers(0, len(piece)))]
        mutant = tmp_path / f"mutant{path.suffix}"
        mutant.write_bytes(bytes(content))
        try:
            scene = open_scene(mutant)
        except InputError as error:
            assert "\n" not in str(error) and "mutant" in str(error)
        else:
            assert scene.frames.dtype == np.uint8 and scene.frames.shape[1:3] == scene.valid.shape
        mutant.unlink()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("seed", range(6))
def test_mutated_side_files(seed, tmp_path):
    rng = np.random.default_rng(seed)
    path = write_tiff(tmp_path / "a.tif", texture())
    with rasterio.open(path, "r+") as file:
        file.write_mask(np.ones((64, 64), bool))
    (tmp_path / "a.tif.aux.xml").write_bytes(AUX % b"1")
    (tmp_path / "a.tfw").write_text("1\n0\n0\n-1\n600000.5\n3299999.5\n")
    for beside in [one for one in tmp_path.iterdir() if one != path]:
        good = beside.read_bytes()
        for _ in range(8):
            content = bytearray(good)
            for at in rng.integers(0, len(content), 4):
                content[at] = int(rng.integers(0, 256))
            beside.write_bytes(bytes(content))
            try:
                open_scene(path)
            except InputError as error:
                assert "\n" not in str(error)
        beside.write_bytes(good)


@pytest.mark.parametrize("nbits", [b"text", b"0", b"-5", b"99999999999", b"1e3", b"\xff\xfe"])
def test_nonsense_about_bits(nbits, tmp_path):
    path = write_tiff(tmp_path / "a.tif", texture())
    (tmp_path / "a.tif.aux.xml").write_bytes(AUX % nbits)
    try:
        np.testing.assert_array_equal(open_scene(path).frames[0], texture())
    except InputError:
        assert nbits == b"\xff\xfe"  # no XML at all


@pytest.mark.parametrize("name", [
    "a.tif.aux.xml", "a.tif.msk", "a.tif.ovr", "a.tfw", "a.aux.xml", "A.TFW", "a_rpc.txt", "a.RPB", "METADATA.DIM",
])  # fmt: skip
def test_a_pipe_beside_an_image_is_refused_at_once(name, tmp_path):
    path = write_tiff(tmp_path / "a.tif", texture())
    os.mkfifo(tmp_path / name)
    with pytest.raises(InputError, match="pipe"):
        open_scene(path)


def test_other_pipes_and_folders_in_the_folder_do_no_harm(tmp_path):
    path = write_tiff(tmp_path / "a.tif", texture())
    os.mkfifo(tmp_path / "other")
    (tmp_path / "a.tif.files").mkdir()
    (tmp_path / "a.tif.link").symlink_to(tmp_path / "gone")
    assert open_scene(path).kind == "image"


@pytest.mark.parametrize("name", ["a.tif.aux.xml", "a.tfw", "a.tif.msk"])
def test_sparse_side_files_are_refused(name, tmp_path):
    path = write_tiff(tmp_path / "a.tif", texture())
    with (tmp_path / name).open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(InputError, match=name):
        open_scene(path)
    assert MAX_SIDE_TEXT_BYTES < 1 << 30


@pytest.mark.parametrize("where", ["between segments", "before the end"])
def test_stray_bytes_in_a_jpeg(where, tmp_path):
    good = write_png(tmp_path / "a.jpg")
    whole, content = open_scene(good).frames, good.read_bytes()
    at = content.index(b"\xff\xdb") if where == "between segments" else len(content) - 2
    stray = tmp_path / "b.jpg"
    stray.write_bytes(content[:at] + bytes(4) + content[at:])
    np.testing.assert_array_equal(open_scene(stray).frames, whole)
    stray.write_bytes((content[:at] + bytes(4) + content[at:])[: len(content) // 2])
    with pytest.raises(InputError, match="cut short"):
        open_scene(stray)


def test_names_that_are_not_utf_8(tmp_path):
    path = os.fsencode(tmp_path) + b"/a\xff.tif"
    os.rename(write_tiff(tmp_path / "a.tif", texture()), path)
    with pytest.raises(InputError, match="not UTF-8"):
        open_scene(os.fsdecode(path))


def test_descriptions_that_are_not_utf_8(tmp_path):
    path = write_tiff(tmp_path / "a.tif", texture())
    with rasterio.open(path, "r+") as file:
        file.descriptions = ("ABCDEFGH", "x", "y")
    content = path.read_bytes()
    assert b"ABCDEFGH" in content
    path.write_bytes(content.replace(b"ABCDEFGH", b"AB\xff\xfe\xffFGH"))
    np.testing.assert_array_equal(open_scene(path).frames[0], texture())


def test_too_many_bytes_once_decoded(tmp_path):
    """98 megapixels of 64-bit floats, sparse on the disk."""
    path = tmp_path / "a.tif"
    with rasterio.open(path, "w", driver="GTiff", width=9900, height=9900, count=3, dtype="float64", sparse_ok=True, tiled=True):
        pass
    with pytest.raises(InputError, match="once decoded"):
        open_scene(path)


def test_a_gif_of_too_many_frames(tmp_path, monkeypatch):
    from PIL import Image

    monkeypatch.setattr("chronosight.scenes.video.MAX_ANIMATION_FRAMES", 5)
    frames = [Image.fromarray(texture(32, 40, seed)) for seed in range(8)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    with pytest.raises(InputError, match="expected at most 5"):
        open_scene(tmp_path / "a.gif")
    assert MAX_ANIMATION_FRAMES == 10_000


def test_decoding_that_takes_too_long(tmp_path, monkeypatch):
    monkeypatch.setattr("chronosight.scenes.video.MAX_DECODE_SECONDS", -1.0)
    with pytest.raises(InputError, match="takes longer"):
        open_scene(write_video(tmp_path / "a.mp4", 10))


DOUBTED = {
    "black": np.zeros((64, 64, 3), np.uint8),
    "white": np.full((64, 64, 3), 255, np.uint8),
    "grey": np.full((64, 64, 3), 128, np.uint8),
    "nearly grey": np.random.default_rng(0).integers(120, 124, (64, 64, 3)).astype(np.uint8),
    "saturated": np.where(np.random.default_rng(0).random((64, 64, 1)) < 0.97, 255, texture()).astype(np.uint8),
    "a map of classes": np.kron(np.random.default_rng(0).integers(0, 255, (4, 4, 3)), np.ones((16, 16, 1))).astype(np.uint8),
}


@pytest.mark.parametrize("name", DOUBTED)
def test_images_that_show_nothing_are_doubted(name, tmp_path):
    assert open_scene(write_png(tmp_path / "a.png", DOUBTED[name])).doubts
    pair = open_scene(write_png(tmp_path / "b.png", ground(size=64)), tmp_path / "a.png", register=False)
    assert pair.doubts and pair.doubts[0].startswith("a.png")


@pytest.mark.parametrize(("band", "dtype"), [
    ("elevation", "float32"), ("VV", "float32"), ("land_cover", "uint8"), (None, "float32"), (None, "int16"),
])  # fmt: skip
def test_rasters_that_are_no_images_are_doubted(band, dtype, tmp_path):
    path = write_tiff(tmp_path / "a.tif", ground()[..., :1].astype(dtype))
    if band:
        with rasterio.open(path, "r+") as file:
            file.descriptions = (band,)
    assert open_scene(path).doubts


def test_ordinary_images_are_not_doubted(tmp_path):
    paths = write_png(tmp_path / "a.png", ground()), write_tiff(tmp_path / "b.tif", ground(1))
    assert not any(open_scene(path).doubts for path in paths)
    assert open_scene(write_tiff(tmp_path / "c.tif", ground(), size=100.0)).doubts  # metres a pixel


def test_a_still_video_is_doubted(tmp_path):
    import av

    for name, step in (("still", 0), ("moving", 3)):
        with av.open(str(tmp_path / f"{name}.mp4"), "w") as container:
            stream = container.add_stream("mpeg4", rate=10)
            stream.width = stream.height = 96
            stream.pix_fmt = "yuv420p"
            for i in range(12):
                pixels = np.ascontiguousarray(np.roll(ground(), i * step, 1))
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
            container.mux(stream.encode())
    assert any("no movement" in doubt for doubt in open_scene(tmp_path / "still.mp4").doubts)
    assert not open_scene(tmp_path / "moving.mp4").doubts
