"""chronosight:tune"""

from pathlib import Path

from qgis.core import (
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from chronosight_qgis.algorithms.base import Algorithm
from chronosight_qgis.run import run_chronosight


class Tune(Algorithm):
    """Runs `chronosight tune`."""

    ID = "tune"
    TITLE = "Fine-tune on own labels"
    HELP = (
        "Fine-tunes the model on pairs that you labelled, and writes weights. First tick the check: it looks at pairs and labels "
        "and writes nothing.\n\n"
        "Pairs: a folder with NAME_before.tif and NAME_after.tif, of at most 1.3 m a pixel.\n\n"
        "Labels: a GeoPackage with the layers new and gone (or changed; or before and after, all buildings of each date).\n\n"
        'It needs more packages: run "Install or update Chronosight" with the package chronosight[timeline,train] once. A run '
        "that was cancelled continues with the same folder. The other algorithms take the new weights as an advanced parameter."
    )

    def initAlgorithm(self, config=None):
        folder, file = QgsProcessingParameterFile.Folder, QgsProcessingParameterFile.File
        self.addParameter(QgsProcessingParameterFile("PAIRS", "Folder of pairs", folder))
        self.addParameter(QgsProcessingParameterFile("LABELS", "Labels (GeoPackage)", file))
        self.addParameter(QgsProcessingParameterBoolean("CHECK", "Only check pairs and labels", True))
        self.addParameter(QgsProcessingParameterNumber("MINUTES", "Minutes", QgsProcessingParameterNumber.Double, 20, minValue=1))
        self.addParameter(QgsProcessingParameterString("BUILDING", "Classes that are buildings, with commas", optional=True))
        self.addParameter(QgsProcessingParameterFolderDestination("OUTPUT", "Folder for the new weights"))
        self.addOutput(QgsProcessingOutputString("SUMMARY", "What was found, or the result"))
        self.addOutput(QgsProcessingOutputString("WEIGHTS", "Folder of the weights"))

    def processAlgorithm(self, parameters, context, feedback):
        pairs, labels = (self.parameterAsString(parameters, name, context) for name in ("PAIRS", "LABELS"))
        folder = self.parameterAsString(parameters, "OUTPUT", context)
        arguments = ["tune", "--pairs", pairs, "--labels", labels]
        for name in self.parameterAsString(parameters, "BUILDING", context).split(","):
            arguments += ["--building", name.strip()] if name.strip() else []
        if self.parameterAsBool(parameters, "CHECK", context):
            found = run_chronosight([*arguments, "--dry-run"], feedback)
            lines = [f"{name}: {text}" for name, text in found["facts"].items()]
            lines += [f"{part}: {counts['pairs']} pairs of {counts['places']} places" for part, counts in found["parts"].items()]
            for warning in found["warnings"]:
                feedback.pushWarning(warning)
            weights = ""
        else:
            weights = str(Path(folder) / "weights")
            Path(folder).mkdir(parents=True, exist_ok=True)
            minutes = self.parameterAsDouble(parameters, "MINUTES", context)
            found = run_chronosight([*arguments, "--out", weights, "--minutes", f"{minutes:g}"], feedback)
            lines = [
                f"{name}: pixel F1 {of['before']['f1']:.3f} -> {of['after']['f1']:.3f}" for name, of in found["results"].items()
            ]
        for line in lines:
            feedback.pushInfo(line)
        return {"OUTPUT": folder, "SUMMARY": "\n".join(lines), "WEIGHTS": weights}
