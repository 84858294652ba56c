"""A study's life: scales, storage, phases, workers, analysis, report, command line."""
