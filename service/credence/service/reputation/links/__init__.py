"""Linked wallets: which are probably one person's, how sure that is, and why. The effect is that limits aggregate.

Nothing here refuses anybody anything, and nothing here knows a name: a wallet is whatever word stands in the table.
Start at :mod:`.judging`.
"""
