"""The inbox: what the issuer hands out and takes in before there is a case.

Challenges, which a holder answers when evidence is shown, each once; and what identity vendors say of their results, each
saying once. Holds: nonces until they are over, keyed digests of messages, the vendors' own numbers with where they stand.
Never learns, or keeps: whom a message is about.
"""
