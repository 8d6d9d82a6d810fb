"""Until when a case is kept, who holds it beyond that, and how it is erased: by itself in its time, and on request.

Two persons erase on request, and two lift a hold; one sets it.
"""
