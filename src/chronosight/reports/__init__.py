"""Writers of the report, one file a format."""
