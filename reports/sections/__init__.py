"""What the parts of a page show: its sentences, warnings, tables, and charts put beside it.

A section takes statistics and returns the variables of a template; it knows no other section's.
"""
