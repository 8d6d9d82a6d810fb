"""A trustee: makes a key with others, keeps its share, and opens a handle with a warrant that everybody can count.

``keeping`` is what it keeps and how, ``ceremony`` how it comes to a share, ``opening`` what it checks before it opens.
"""

from __future__ import annotations

from credence.sdk.trustee.ceremony import Trustee, make_roster
from credence.sdk.trustee.opening import Grounds, open_handle

__all__ = ["Grounds", "Trustee", "make_roster", "open_handle"]
