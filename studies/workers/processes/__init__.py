"""A worker as a process: started, watched, asked to stop, put where memory is, handed to a cluster.

It must not know what a trial is.
"""
