"""What may be said about hidden attributes: gadgets that return clauses, and the values that satisfy them.

Each gadget has a function that states it, one :class:`~credence.circuits.sigma.statement.Clause` over names, and one that
answers the secret scalars of those names for an honest prover. Equal names are equal values; nothing here proves anything.
"""
