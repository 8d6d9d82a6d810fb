"""Drift: whether what a model reads is still what it was fitted on; a refit in shadow is all that follows."""
