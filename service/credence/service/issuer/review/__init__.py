"""Review: what people do about a case, and when a holder shows evidence again.

Knows: which client proposed, approved, commented; when evidence was last shown, and when it is due.
Holds: the steps of every case, proposals, comments, due marks. Never learns: a name, since none is kept to look up.
"""
