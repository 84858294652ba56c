"""From finished trials to answers, numbers only.

`screen` is about single changes around a recipe, `wide` about the whole space.
"""
