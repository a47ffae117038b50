"""Training: samples, recipes and one loop; a subpackage for each thing that is trained, for export and for calibration."""
