"""What can be proven: BBS credentials, policies and presentations, as pure functions over a curve."""
