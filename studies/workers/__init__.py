"""Processes that take trials, run them and survive: kills, stalls, full disks and databases that go away.

They must not know what the trials' results mean, or how an answer is told.
"""
