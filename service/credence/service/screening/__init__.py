"""Screening: names against sanctions lists. Pure: lists, how names are compared, who is ranked how, and how good that is.

Never learns why somebody is screened; a result names lists and entries, and never the name that was asked for.
"""
