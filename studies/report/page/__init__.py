"""The answer as one HTML page, and several studies on one.

It must not find words or figures of its own.
"""
