"""A toy search space for wsnas, with networks and a factor of its own."""
