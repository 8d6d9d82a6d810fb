"""How much an account will still trade, how long capital stays, and what that is worth: expectations with intervals.

Whether one account is "alive" is told nowhere. It cannot be seen, it invites treating people as gone, and every use of it
is a use of the expectation. Start at :mod:`.bgnbd`.
"""
