"""One proof engine: linear relations over G1 (draft-irtf-cfrg-sigma-protocols) with quadratic constraints of our own.

Gadgets return clauses (:mod:`statement`); a compiled statement is a :mod:`relation` with :mod:`constraints`; there is one
prover and one verifier (:mod:`proof`), whose challenges come from the sponge of draft-irtf-cfrg-fiat-shamir
(:mod:`transcript`). What is proved, and under which assumptions, is written out in docs/proofs.md.
"""
