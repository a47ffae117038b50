"""What the algorithms share: names, help, and files of layers."""

import os

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingParameterFile,
    QgsProcessingUtils,
    QgsVectorFileWriter,
)


class Algorithm(QgsProcessingAlgorithm):
    """An algorithm with class attributes `ID`, `TITLE` and `HELP`."""

    ID = TITLE = HELP = ""

    def name(self):
        return self.ID

    def displayName(self):
        return self.TITLE

    def shortHelpString(self):
        return self.HELP

    def createInstance(self):
        return type(self)()

    def image_file(self, parameters, name, context):
        """Path of the file behind a raster layer.

        Raises:
            QgsProcessingException: The layer is missing or comes from no file.
        """
        layer = self.parameterAsRasterLayer(parameters, name, context)
        if layer is None:
            raise QgsProcessingException(f"{self.parameterDefinition(name).description()}: the layer cannot be read")
        return self.layer_file(layer)

    def layer_file(self, layer):
        """Path of the file behind a raster layer.

        Raises:
            QgsProcessingException: It comes from no file.
        """
        path = layer.source().split("|")[0]
        if layer.providerType() != "gdal" or not os.path.isfile(path):
            raise QgsProcessingException(f'"{layer.name()}" is not a file on this computer; export it as GeoTIFF first')
        return path

    def weights_parameter(self):
        """An optional folder of weights, such as "Fine-tune on own labels" writes."""
        folder = QgsProcessingParameterFile.Folder
        return QgsProcessingParameterFile("WEIGHTS", "Weights of your own (folder)", folder, optional=True)

    def weights_option(self, parameters, context):
        """The option of the command for `weights_parameter`."""
        weights = self.parameterAsString(parameters, "WEIGHTS", context).strip()
        return ["--weights", weights] if weights else []

    def shared_options(self, parameters, context):
        """Options of the command for the parameters that describe and timeline share."""
        arguments = self.weights_option(parameters, context)
        for question in self.parameterAsString(parameters, "QUESTIONS", context).splitlines():
            if question.strip():
                arguments += ["--ask", question.strip()]
        for name, option in (("MIN_AREA", "--min-area"), ("MIN_CONFIDENCE", "--min-confidence")):
            arguments += [option, str(self.parameterAsDouble(parameters, name, context))]
        bands = self.parameterAsString(parameters, "BANDS", context).strip()
        arguments += ["--bands", bands] if bands else []
        arguments += [] if self.parameterAsBool(parameters, "REGISTER", context) else ["--no-register"]
        return arguments + (["--force"] if self.parameterAsBool(parameters, "FORCE", context) else [])

    def zones_file(self, parameters, name, context):
        """A polygon layer written as GeoJSON in longitude and latitude; None where none is given."""
        layer = self.parameterAsVectorLayer(parameters, name, context)
        if layer is None:
            return None
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName, options.layerOptions = "GeoJSON", ["RFC7946=YES"]
        world = QgsCoordinateReferenceSystem("EPSG:4326")
        options.ct = QgsCoordinateTransform(layer.crs(), world, context.transformContext())
        path = QgsProcessingUtils.generateTempFilename("zones.geojson")
        code, message, *_ = QgsVectorFileWriter.writeAsVectorFormatV3(layer, path, context.transformContext(), options)
        if code != QgsVectorFileWriter.NoError:
            raise QgsProcessingException(f'the zones of "{layer.name()}" could not be written: {message}')
        return path

    def load_later(self, context, path, title, output):
        """Asks QGIS to load a file when the algorithm is done; the .qml beside it gives its style."""
        if context.project() is not None:
            details = QgsProcessingContext.LayerDetails(title, context.project(), output)
            context.addLayerToLoadOnCompletion(path, details)
