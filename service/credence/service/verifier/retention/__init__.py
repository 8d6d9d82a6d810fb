"""Until when decisions are kept, who holds them beyond that, and how what is kept of a pseudonym is erased."""
