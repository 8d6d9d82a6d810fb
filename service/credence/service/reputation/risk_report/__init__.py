"""The risk desk's report: what is believed of a venue's pseudonyms, how right that was, and what it cannot tell.

1. :mod:`.population` takes the accounts in, one after the other, as they stood before the day of the report.
2. :mod:`.making` computes every figure with its numbers, its n and its limit: a JSON document, and nothing else.
3. :mod:`.page` writes that document as one HTML file. It computes nothing, so the page cannot say more than the JSON.

Nothing is said of fewer than :data:`~.small.LEAST` accounts.
"""
