"""The issuer's door for standings: a wallet shows a venue's pseudonym, and the venue's conduct of it is signed blindly.

Of who asks it keeps nothing: a session and its nonce, and the record that a credential was issued. No row has a pseudonym,
and none leads from a standing to a person's credential, which the proof does not name.
"""
