"""Abuse: named rules over a venue's trades and orders. A rule opens a case for a person to look at, and does nothing else.

Every rule says what it saw, in numbers and words. There is no score of "anomaly": see :mod:`..evaluation.abuse` for why.
"""
