"""Charges: what a venue asks by the terms of a decision, explained to a holder and reconciled with what was charged."""
