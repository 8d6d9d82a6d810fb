"""py-ecc, which some tests here name, is first imported by our engine: that gives the recursion limit back."""

import credence.circuits.curve.reference  # noqa: F401
