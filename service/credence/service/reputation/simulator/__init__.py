"""A market and accounts that do not exist, for what no public data has: equity, margin calls and liquidations of accounts.

Whatever comes of it is labelled :data:`SIMULATED`; it says how the machinery behaves and nothing about any market or person.
"""

from typing import Final

SIMULATED: Final = "simulated"
"""Stands wherever a figure of the simulator does, and begins the id of every event."""
