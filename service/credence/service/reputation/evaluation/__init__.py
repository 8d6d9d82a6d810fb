"""Evaluation: beliefs held against outcomes that they were not fitted on, next to rivals fitted on the same past.

Start at :mod:`.uci` (accounts not seen) and :mod:`.hyperliquid` (days not seen).
"""
