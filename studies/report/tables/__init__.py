"""A study's trials and answer as flat rows and files of them.

They hold figures and must not hold sentences.
"""
