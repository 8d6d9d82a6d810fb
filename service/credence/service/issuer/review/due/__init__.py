"""Who has to show evidence again, since when and until when, and what follows where nobody does."""
