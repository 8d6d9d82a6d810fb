"""Fitting a venue's own model: prior, base rate and memory of risk, from its own history, tried on days that came later.

Whatever is fitted is a candidate. It counts when it was promoted, which takes what :mod:`..promotion` asks for.
"""
