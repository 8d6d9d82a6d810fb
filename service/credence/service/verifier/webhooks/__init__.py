"""Webhooks: a venue is told of its decisions, signed, at an address of its own (Standard Webhooks).

A delivery is written in the transaction of what it tells, and sent afterwards by whoever claims it: at least once, with an
id that stays the same, so that a receiver can leave the second one aside.
"""
