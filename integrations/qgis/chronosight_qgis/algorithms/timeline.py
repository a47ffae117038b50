"""chronosight:timeline"""

from pathlib import Path

from qgis.core import (
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputHtml,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from chronosight_qgis.algorithms.base import Algorithm
from chronosight_qgis.run import run_chronosight


class Timeline(Algorithm):
    """Runs `chronosight timeline` and loads its objects."""

    ID = "timeline"
    TITLE = "Follow many dates"
    HELP = (
        "Follows the buildings and roads of one place through many dates: when each was first and last seen, counts and areas by "
        "date, an animation and a report page with a date slider.\n\n"
        "Dates: one for each image, in the order of the list, with commas between them: 2012, 2015-07 or 2018-07-04. Left empty, "
        "they come from the temporal properties of the layers, where all of them have some, else from the images' metadata or "
        "file names.\n\n"
        "The layer of objects is temporal: the temporal controller of QGIS shows what stood at each date.\n\n"
        "Questions: one a line, such as: When was the first building built? In which year was most built?"
    )

    def initAlgorithm(self, config=None):
        self.addParameter(QgsProcessingParameterMultipleLayers("IMAGES", "Images of one place", QgsProcessing.TypeRaster))
        self.addParameter(QgsProcessingParameterString("DATES", "Dates of the images, with commas between them", optional=True))
        self.addParameter(QgsProcessingParameterString("QUESTIONS", "Questions, one a line", multiLine=True, optional=True))
        number = QgsProcessingParameterNumber.Double
        rest = (
            QgsProcessingParameterNumber("MIN_AREA", "Smallest object, m²", number, 0, minValue=0),
            QgsProcessingParameterNumber("MIN_CONFIDENCE", "Least confidence of an object", number, 0, minValue=0, maxValue=1),
            QgsProcessingParameterString("BANDS", "Bands of red, green and blue, such as 4,3,2", optional=True),
            QgsProcessingParameterBoolean("REGISTER", "Correct small shifts between the dates", True),
            QgsProcessingParameterBoolean("FORCE", "Accept images far coarser than the model was trained on", False),
            self.weights_parameter(),
        )
        for parameter in rest:
            parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.FlagAdvanced)
            self.addParameter(parameter)
        self.addParameter(QgsProcessingParameterFolderDestination("OUTPUT", "Folder for the report"))
        self.addOutput(QgsProcessingOutputVectorLayer("OBJECTS", "Objects through time"))
        self.addOutput(QgsProcessingOutputHtml("REPORT", "Report"))
        self.addOutput(QgsProcessingOutputNumber("COUNT", "Number of objects"))
        self.addOutput(QgsProcessingOutputString("ANSWERS", "Answers, one a line"))

    def processAlgorithm(self, parameters, context, feedback):
        layers = self.parameterAsLayerList(parameters, "IMAGES", context)
        if len(layers) < 2:
            raise QgsProcessingException(f"{len(layers)} image was given, expected at least two dates of one place")
        folder = self.parameterAsString(parameters, "OUTPUT", context)
        arguments = ["timeline", *(self.layer_file(layer) for layer in layers), "--out", folder]
        dates = "".join(self.parameterAsString(parameters, "DATES", context).split()) or dates_of(layers)
        arguments += ["--dates", dates] if dates else []
        arguments += self.shared_options(parameters, context)
        found = run_chronosight(arguments, feedback)
        for note in found["notes"]:
            feedback.pushInfo(f"Note: {note}")
        answers = [f"{answer['question']} {answer['text']}" for answer in found["answers"]]
        for line in answers:
            feedback.pushInfo(line)
        results = {"OUTPUT": folder, "COUNT": len(found["objects"]), "ANSWERS": "\n".join(answers)}
        if "objects.gpkg" in found["files"]:
            path = str(Path(folder) / "objects.gpkg")
            results["OBJECTS"] = path
            self.load_later(context, path, "Objects through time", "OBJECTS")
        else:
            feedback.pushWarning("The images are not georeferenced: the results are in the report, not on the map.")
        results["REPORT"] = str(Path(folder) / "report.html")
        return results


def dates_of(layers):
    """Dates of the layers' temporal properties, with commas between them; None where one has no fixed range."""
    days = []
    for layer in layers:
        properties = layer.temporalProperties()
        start = properties.fixedTemporalRange().begin() if properties is not None and properties.isActive() else None
        if start is None or not start.isValid():
            return None
        days.append(start.toString("yyyy-MM-dd"))
    return ",".join(days)
