"""Figures: each function takes data and returns a matplotlib Figure, in the style of
report.mplstyle; nothing but `charts` and `canvas` writes files.
"""
