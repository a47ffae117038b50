"""Registers the provider while the plugin is loaded."""

from qgis.core import QgsApplication

from chronosight_qgis.provider import ChronosightProvider


class ChronosightPlugin:
    """What QGIS loads. It has no menu of its own: everything stands in the Processing toolbox."""

    def __init__(self, iface):
        self.iface = iface
        self.provider = None

    def initProcessing(self):
        """Called alone by qgis_process, which has no window."""
        self.provider = ChronosightProvider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):
        self.initProcessing()

    def unload(self):
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None
