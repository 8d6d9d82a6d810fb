"""Reputation: what a venue may know about a pseudonym's conduct, how sure it may be, and what terms follow.

Knows: pseudonyms, what venues report that they did, and when.
Holds: daily statistics of each pseudonym, beliefs, standings, tariff versions and why terms are what they are.
Never learns: a name, a document, an identity_tag, or which pseudonyms of two venues belong to one person.
"""
