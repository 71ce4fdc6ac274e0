"""Measures of the source: sizes, imports, documentation, and the files that an addition touches."""
