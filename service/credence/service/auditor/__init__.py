"""The auditor: trustees open a sealed handle where an authority shows a warrant, and everybody can count it.

Knows: which authority asked which trustees, on what basis and day, and which of them answered.
Holds: the notices of warrants, and shares that the authority alone can read.
Never learns: a name, a pseudonym, a handle, or what an opening found.
"""
