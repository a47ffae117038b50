"""Chronosight in QGIS: a Processing provider."""


def classFactory(iface):
    """Makes the plugin; iface is None in qgis_process."""
    from chronosight_qgis.plugin import ChronosightPlugin

    return ChronosightPlugin(iface)
