"""Catalogue entries of models that others published, by family."""
