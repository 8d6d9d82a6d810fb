"""Segments: what kinds of accounts a venue has, how sure that is, and what each kind earns. Nothing follows for any account.

Start at :mod:`.mixture`.
"""
