"""Data that musiclog ships: advice, calibration, tunes, icons and themes. No code beyond this line."""
