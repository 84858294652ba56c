"""Readers of the files that benchmarks publish, each in the format that its authors documented."""
