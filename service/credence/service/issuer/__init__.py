"""The issuer: verifies a person once, signs blindly, and forgets.

Knows: the person, for the minutes of verification; afterwards a keyed tag, a level, a tier and a reference to the vendor.
Holds: cases, salted evidence commitments, screening results by entry id, attestations and the handles it signed.
Never learns: the holder's secrets, whose a pseudonym is, or where a credential is shown.
"""
