"""How fast events become daily statistics, and statistics scores, on this machine."""
