"""chronosight:describechange"""

from pathlib import Path

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputHtml,
    QgsProcessingOutputNumber,
    QgsProcessingOutputRasterLayer,
    QgsProcessingOutputString,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorLayer,
)

from chronosight_qgis.algorithms.base import Algorithm
from chronosight_qgis.run import run_chronosight

COUNTS = (("building", "appeared"), ("building", "vanished"), ("road", "appeared"), ("road", "vanished"))


class DescribeChange(Algorithm):
    """Runs `chronosight describe` and loads its layers."""

    ID = "describechange"
    TITLE = "Describe change"
    HELP = (
        "Describes what changed between two images of a place: a caption, new and vanished buildings and roads as polygons with "
        "area and confidence, a change map, the probability of change, and a report page.\n\n"
        "The two images need not share a grid, a resolution or a coordinate system. The model was trained at about 1 m a pixel. "
        "Large images are processed in tiles; a cancelled run continues where it stopped when it is started again with the same "
        "folder.\n\n"
        "Zones: polygons to count in, in any coordinate system; zones.csv in the folder has the table.\n"
        "Questions: one a line, answered in the report and in the log.\n"
        "Smallest object and least confidence: objects below them are left out everywhere."
    )

    def initAlgorithm(self, config=None):
        self.addParameter(QgsProcessingParameterRasterLayer("BEFORE", "Earlier image"))
        self.addParameter(QgsProcessingParameterRasterLayer("AFTER", "Later image"))
        self.addParameter(
            QgsProcessingParameterVectorLayer("ZONES", "Zones to count in", [QgsProcessing.TypeVectorPolygon], optional=True)
        )
        self.addParameter(QgsProcessingParameterString("QUESTIONS", "Questions, one a line", multiLine=True, optional=True))
        number = QgsProcessingParameterNumber.Double
        rest = (
            QgsProcessingParameterNumber("MIN_AREA", "Smallest object, m²", number, 0, minValue=0),
            QgsProcessingParameterNumber("MIN_CONFIDENCE", "Least confidence of an object", number, 0, minValue=0, maxValue=1),
            QgsProcessingParameterString("BANDS", "Bands of red, green and blue, such as 4,3,2", optional=True),
            QgsProcessingParameterBoolean("REGISTER", "Correct a small shift between the dates", True),
            QgsProcessingParameterBoolean("FORCE", "Accept images far coarser than the model was trained on", False),
            self.weights_parameter(),
        )
        for parameter in rest:
            parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.FlagAdvanced)
            self.addParameter(parameter)
        self.addParameter(QgsProcessingParameterFolderDestination("OUTPUT", "Folder for the report"))
        self.addOutput(QgsProcessingOutputVectorLayer("OBJECTS", "Changed objects"))
        self.addOutput(QgsProcessingOutputVectorLayer("LAND_COVER", "Land-cover change, where it is mapped"))
        self.addOutput(QgsProcessingOutputRasterLayer("MASK", "Change map"))
        self.addOutput(QgsProcessingOutputRasterLayer("PROBABILITY", "Probability of change"))
        self.addOutput(QgsProcessingOutputHtml("REPORT", "Report"))
        self.addOutput(QgsProcessingOutputString("CAPTION", "Caption"))
        self.addOutput(QgsProcessingOutputString("CHANGED", "Changed: Yes, No or Cannot tell"))
        for name, direction in COUNTS:
            self.addOutput(QgsProcessingOutputNumber(f"{name}s_{direction}".upper(), f"{name.capitalize()}s {direction}"))

    def processAlgorithm(self, parameters, context, feedback):
        folder = self.parameterAsString(parameters, "OUTPUT", context)
        before, after = (self.image_file(parameters, name, context) for name in ("BEFORE", "AFTER"))
        arguments = ["describe", before, after, "--out", folder]
        zones = self.zones_file(parameters, "ZONES", context)
        if zones is not None:
            arguments += ["--zones", zones]
        arguments += self.shared_options(parameters, context)
        found = run_chronosight(arguments, feedback)
        for line in found["summary"]:
            feedback.pushInfo(line)
        for answer in found["answers"]:
            feedback.pushInfo(f"{answer['question']} {answer['text']}")
        results = {"OUTPUT": folder, "CAPTION": found["caption"]["text"], "CHANGED": found["changed"]["text"]}
        for item in found["classes"]:
            for direction in ("appeared", "vanished"):
                results[f"{item['name']}_{direction}".upper()] = item[direction]
        # The last to be loaded lies on top.
        for name, output, title in (
            ("probability.tif", "PROBABILITY", "Probability of change"),
            ("mask.tif", "MASK", "Change map"),
            ("land_cover.gpkg", "LAND_COVER", "Land-cover change"),
            ("objects.gpkg", "OBJECTS", "Changed objects"),
        ):
            path = Path(folder) / name
            if name in found["files"]:
                results[output] = str(path)
                self.load_later(context, str(path), title, output)
        if "mask.tif" not in found["files"]:
            feedback.pushWarning("The images are not georeferenced: the results are in the report, not on the map.")
        results["REPORT"] = str(Path(folder) / "report.html")
        return results
