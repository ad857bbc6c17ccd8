"""A reader, a metric, a detector and an exporter for musiclog."""
