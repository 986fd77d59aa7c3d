"""The mathematics of each explanation, on arrays: no models and no page."""
