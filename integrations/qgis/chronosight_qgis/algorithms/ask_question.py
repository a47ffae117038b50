"""chronosight:askquestion"""

from qgis.core import (
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorLayer,
)

from chronosight_qgis.algorithms.base import Algorithm
from chronosight_qgis.run import run_chronosight


class AskQuestion(Algorithm):
    """Runs `chronosight ask`."""

    ID = "askquestion"
    TITLE = "Ask a question"
    HELP = (
        "Answers a question about one image or about two dates of a place, such as: How many buildings are new? Where are the "
        "new roads? What share of the area changed? Are there any ships?\n\n"
        "The answer comes with a confidence between 0 and 1; an answer that the model cannot know is marked as not confident."
    )

    def initAlgorithm(self, config=None):
        self.addParameter(QgsProcessingParameterRasterLayer("BEFORE", "Image, or the earlier image"))
        self.addParameter(QgsProcessingParameterRasterLayer("AFTER", "Later image of the same place", optional=True))
        self.addParameter(QgsProcessingParameterString("QUESTION", "Question"))
        polygons = [QgsProcessing.TypeVectorPolygon]
        self.addParameter(QgsProcessingParameterVectorLayer("ZONES", "Zones that the question names", polygons, optional=True))
        weights = self.weights_parameter()
        weights.setFlags(weights.flags() | QgsProcessingParameterDefinition.FlagAdvanced)
        self.addParameter(weights)
        self.addOutput(QgsProcessingOutputString("ANSWER", "Answer"))
        self.addOutput(QgsProcessingOutputNumber("CONFIDENCE", "Confidence, 0 to 1"))
        self.addOutput(QgsProcessingOutputString("CONFIDENT", "Whether the answer is confident: yes or no"))

    def processAlgorithm(self, parameters, context, feedback):
        files = [self.image_file(parameters, "BEFORE", context)]
        if self.parameterAsRasterLayer(parameters, "AFTER", context) is not None:
            files.append(self.image_file(parameters, "AFTER", context))
        question = " ".join(self.parameterAsString(parameters, "QUESTION", context).split())
        if not question:
            raise QgsProcessingException("the question is empty; type one, such as: How many buildings are new?")
        zones = self.zones_file(parameters, "ZONES", context)
        arguments = ["ask", *files, question, *(["--zones", zones] if zones else []), *self.weights_option(parameters, context)]
        answer = run_chronosight(arguments, feedback)
        feedback.pushInfo(answer["text"])
        for note in answer["notes"]:
            feedback.pushInfo(f"Note: {note}")
        if not answer["confident"]:
            feedback.pushWarning("The answer is not confident.")
        return {"ANSWER": answer["text"], "CONFIDENCE": answer["confidence"], "CONFIDENT": "yes" if answer["confident"] else "no"}
