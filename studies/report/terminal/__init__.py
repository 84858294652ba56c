"""The answer on a terminal.

It must not find words or figures of its own.
"""
