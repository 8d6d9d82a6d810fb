"""Stress: what a venue's open positions come to when prices, collateral, the oracle or the issuer fail."""
