"""Cases: what a named rule saw in a day of a venue's reports, kept for a person of the venue to look at.

A case has no effect: nobody's standing, price or limit follows from one, open or closed. It knows pseudonyms of its venue
and figures, and goes with the last of its pseudonyms that is erased.
"""
