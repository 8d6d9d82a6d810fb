"""One person: known by the keyed tag of a document, holding one live credential, suspended, banned, or given another.

Nothing here says who it is. What is decided about a person holds for every case of that person, whichever wallet, vendor or
spelling it came with.
"""
