"""The Processing provider. Its id and those of its algorithms are permanent: models and scripts name them."""

from pathlib import Path

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from chronosight_qgis.algorithms.ask_question import AskQuestion
from chronosight_qgis.algorithms.describe_change import DescribeChange
from chronosight_qgis.algorithms.install import Install
from chronosight_qgis.algorithms.timeline import Timeline
from chronosight_qgis.algorithms.tune import Tune


class ChronosightProvider(QgsProcessingProvider):
    """chronosight:install, chronosight:describechange, chronosight:askquestion, chronosight:timeline, chronosight:tune."""

    def id(self):
        return "chronosight"

    def name(self):
        return "Chronosight"

    def icon(self):
        return QIcon(str(Path(__file__).with_name("icon.svg")))

    def loadAlgorithms(self):
        for algorithm in (Install(), DescribeChange(), AskQuestion(), Timeline(), Tune()):
            self.addAlgorithm(algorithm)
