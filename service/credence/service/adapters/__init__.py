"""The outside world: how vendors' results and sanctions lists come in.

Each adapter reads one format, strictly, and gives what a party's port asks for; nothing else knows the format.
"""
