"""Until when the conduct of a pseudonym is kept, and how it is erased."""
