"""`coprod study`: simulation, screening, calibration, theories, surveys and scenarios of the cases, one after the other, in one folder."""
