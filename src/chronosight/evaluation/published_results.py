"""Results that papers printed, to compare with: model, scores, and the caption convention where it is known.

Per cent as printed, errors in objects. parameters: nominal size in thousand millions where the name or the paper gives
it. Averages of RSVQA come in two definitions; a row fills the column of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

UNIRS, CHANGEVG = "arXiv 2412.20742", "arXiv 2509.23105"


@dataclass(frozen=True)
class Published:
    """A published row.

    Attributes:
        model: Its name.
        source: The paper.
        scores: By the heads of a benchmark's columns.
        convention: Of captions; "" where it is not known or not asked for.
        parameters: In thousand millions; None where it is not known.
    """

    model: str
    source: str
    scores: dict[str, float]
    convention: str = ""
    parameters: float | None = None


def _captions(bleu4: float, meteor: float, rouge: float, cider: float, s_m: float) -> dict[str, float]:
    return {"BLEU-4": bleu4, "METEOR": meteor, "ROUGE-L": rouge, "CIDEr-D": cider, "S*m": s_m}


def _vqa(presence: float, comparison: float, average: str, value: float, rural: float | None = None) -> dict[str, float]:
    scores = {"presence": presence, "comparison": comparison, f"average, {average}": value}
    return scores if rural is None else {**scores, "rural_urban": rural}


WEIGHTED, PLAIN = "weighted by question", "plain mean of types"
CHANGEVG_CAPTIONS = _captions(65.08, 42.06, 76.95, 142.83, 81.73)

PUBLISHED: dict[str, tuple[Published, ...]] = {
    "levir-cc": (
        Published("CCExpert-7B", "CCExpert", _captions(65.49, 41.82, 76.55, 143.32, 81.80), "word", 7),
        Published("ChangeVG", CHANGEVG, CHANGEVG_CAPTIONS, parameters=7),
        Published("CCExpert-0.5B", "CCExpert", _captions(65.42, 41.33, 75.93, 141.19, 80.99), "word", 0.5),
        Published("Qwen3.5-4B + stateful visual encoder", "its paper", _captions(61.33, 39.91, 76.26, 144.35, 80.46), "", 4),
        Published("RSCaMa", "RSCaMa", _captions(65.24, 39.91, 75.24, 136.56, 79.24), "index"),
        Published("Chg2Cap", "Chg2Cap", _captions(62.98, 39.42, 74.34, 136.25, 78.25), "index"),
        Published("RSICCformer", "RSICCformer", _captions(62.77, 39.61, 74.12, 134.12, 77.65), "index"),
        Published("UniRS", UNIRS, {"CIDEr-D": 139.12}, parameters=3),
        Published("PromptCC", UNIRS, {"CIDEr-D": 136.44}, "index"),
        Published("LLaVA-1.5, fine-tuned", UNIRS, {"CIDEr-D": 126.25}),
        Published("VILA, zero-shot", UNIRS, {"CIDEr-D": 6.22}, parameters=3),
    ),
    "levir-mci": (Published("MCINet", "Change-Agent", {"mIoU": 86.43, "building IoU under 400 px": 17.24}),),
    "levir-cd": (
        Published("MTP", "its paper", {"F1": 92.67}),
        Published("ChangeViT-T", "its paper", {"F1": 91.81}, parameters=0.0117),
        Published("U-Net, plain", "its paper", {"F1": 90.15}),
    ),
    "changeimti": (
        Published(
            "ChangeVG",
            CHANGEVG,
            {
                "binary accuracy": 94.60,
                "precision": 95.49,
                "recall": 94.01,
                "F1": 94.74,
                "count MAE road": 0.156,
                "count MAE building": 0.802,
                "road location example accuracy": 78.65,
                "road location F1": 77.20,
                "road location subset accuracy": 73.30,
                "building location example accuracy": 88.13,
                "building location F1": 91.37,
                "building location subset accuracy": 72.20,
                **CHANGEVG_CAPTIONS,
            },
            parameters=7,
        ),
    ),
    "rsvqa-lr": (
        Published("UniRS", UNIRS, _vqa(91.64, 92.68, WEIGHTED, 92.21, 90.00), parameters=3),
        Published("UniRS, further training", UNIRS, _vqa(91.81, 93.23, WEIGHTED, 92.63, 93.00), parameters=3),
        Published("GeoChat-7B", UNIRS, _vqa(91.09, 90.33, WEIGHTED, 90.70, 94.00), parameters=7),
        Published("RSGPT", UNIRS, _vqa(91.17, 91.70, PLAIN, 92.29, 94.00)),
    ),
    "rsvqa-hr": (
        Published("UniRS, zero-shot", UNIRS, _vqa(59.29, 84.05, WEIGHTED, 73.15), parameters=3),
        Published("GeoChat-7B, zero-shot", UNIRS, _vqa(59.02, 83.16, WEIGHTED, 72.53), parameters=7),
    ),
    "crsvqa": (
        Published("UniRS", UNIRS, {"overall accuracy": 86.67}, parameters=3),
        Published("GeoChat-7B", UNIRS, {"overall accuracy": 82.50}, parameters=7),
    ),
    "era": (
        Published("UniRS", UNIRS, {"overall accuracy": 87.8}, parameters=3),
        Published("ASAT", UNIRS, {"overall accuracy": 68.1}),
        Published("VILA, zero-shot", UNIRS, {"overall accuracy": 41.7}, parameters=3),
    ),
}
