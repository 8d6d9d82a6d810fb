"""Revocation: one accumulator for each schema, an event for each revoked credential, a checkpoint in the log each minute.

Knows: which credentials the issuer revoked, and why, in a slug. Holds: alpha, in the keyring. Never learns: who follows.
"""
