"""What a venue hands out of a session whose holder's handle was sealed: for an authority with a warrant, and trustees."""
