"""The answer in optuna-dashboard: plots, a note and a link to the page.

It must not find words or figures of its own.
"""
