"""Beliefs: what reported conduct says about a pseudonym, and how sure that is. Pure functions on float64 arrays.

Statistics are additive (:mod:`.evidence`): whatever order, batch or shard they come in, the belief is the same. No function
asks a clock; a day is a number of days since 1970-01-01 (UTC), and the day a belief is about is a parameter.
"""
