"""What is said of an answer, once for the terminal, the page, the dashboard and files.

It must not know where a sentence is shown.
"""
