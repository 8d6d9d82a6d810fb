"""BBS signatures as in draft-irtf-cfrg-bbs-signatures, with the blind and the per-verifier-linkability extensions.

Start at :mod:`suite` (ciphersuites, interfaces, generators, domain), then :mod:`signature`, :mod:`proof`, :mod:`blind`,
:mod:`pseudonym`; :mod:`possession` is what the two kinds of proof share. ``core_*`` functions take scalars, the others
octet strings, as in the drafts. Verification returns nothing or raises.
"""
