"""Finding whose a handle is that trustees opened: two persons, a warrant in the log, and the proofs of the opening."""
