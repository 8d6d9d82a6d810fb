"""The verifier: what a venue asks, and what a pseudonym gets.

Knows: venues, their policies and tariffs, and for each session one pseudonym, the disclosed facts and the decision.
Holds: single-use nonces, spent tags, tariffs, terms and signed receipts.
Never learns: a name, a document, an identity_tag, or which pseudonyms of two venues belong to one person.
"""
