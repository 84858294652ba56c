"""The screen: which factors matter, by one change at a time around a reference, or over the whole space."""
