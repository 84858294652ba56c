"""Which trials there are and in what order: the budget, the stages, and each trial's recipe.

It must not know how a trial is run, by which process, or what its result means.
"""
