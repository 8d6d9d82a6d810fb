"""One proof for a whole policy: several credentials and everything said about them, under one challenge (proofs.md).

``plan`` says what is shown, ``statement`` turns a plan into one relation, ``message`` is what goes over the wire,
``proving`` and ``checking`` are the two sides. Neither side sends structure: each compiles its own copy.
"""
