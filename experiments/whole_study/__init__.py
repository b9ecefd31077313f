"""`coprod study`: simulation, screening, calibration, theories, surveys and scenarios of the cases in one folder."""
