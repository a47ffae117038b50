"""chronosight:install"""

from pathlib import Path

from qgis.core import QgsProcessingException, QgsProcessingOutputString, QgsProcessingParameterString

from chronosight_qgis.algorithms.base import Algorithm
from chronosight_qgis.environment import default_package, folder, install_commands, script
from chronosight_qgis.run import run


class Install(Algorithm):
    """Makes the environment, or brings it up to date."""

    ID = "install"
    TITLE = "Install or update Chronosight"
    HELP = (
        "Makes an environment for Chronosight below your QGIS profile and installs it there with uv or pip (some 700 MB). The "
        "Python of QGIS is not touched. Needs uv, or Python 3.11 or newer.\n\n"
        "Package: what to install. Leave it empty for the version that came with this plugin. A folder (a checkout), a wheel, or "
        "a requirement such as chronosight==0.1.0 is accepted too."
    )

    def initAlgorithm(self, config=None):
        title = "Package (empty: the version of this plugin)"
        self.addParameter(QgsProcessingParameterString("PACKAGE", title, "", optional=True))
        self.addOutput(QgsProcessingOutputString("VERSION", "Installed version"))

    def processAlgorithm(self, parameters, context, feedback):
        package = self.parameterAsString(parameters, "PACKAGE", context).strip() or default_package()
        commands = install_commands(package)
        if isinstance(commands, str):
            raise QgsProcessingException(commands)
        Path(folder()).parent.mkdir(parents=True, exist_ok=True)
        for step, command in enumerate(commands):
            feedback.setProgress(100 * step / len(commands))
            for line in run(command, feedback)[-5:]:
                feedback.pushInfo(line)
        version = " ".join(run([str(script("chronosight")), "--version"], feedback))
        feedback.pushInfo(f"Installed: {version}, in {folder()}")
        return {"VERSION": version}
