"""Readers of the files that benchmarks publish, each in the format that its authors documented.

A reader is one file in this folder and one line in `NAMES`. It has `TITLE`, the files in words; `SPACE`, the
name of its architectures' space; `recognise(path)`, which tells by the content whether a file is one; and
`read(path, space, progress)`, which returns `wsnas.groundtruth.rows.Rows`. The one
of CSV files has no `SPACE`, and takes their options, too.
"""

from __future__ import annotations

NAMES = (
    "nasbench101",
    "nasbench201_file",
    "nats_folder",
    "nds",
    "csv_file",
)
"""The readers in the order in which they are tried; CSV files, which may be of any space, come last."""
