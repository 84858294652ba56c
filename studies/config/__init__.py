"""What a study is about: its question, the scale it is asked at, and what its runs need.

It must not know where studies are kept, how they run or what they found.
"""
