"""Reduces what was loaded to what is stated: estimates, effects, change points, ledgers.

Knows neither files nor plots. Estimates, ratios and fits stand below all others; `units` writes
their numbers the same way in figures, tables and sentences.
"""
