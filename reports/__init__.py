"""The report of hakbench: results database -> statistics -> figures -> one HTML page.

The road: load.py reads a session, names.py labels what was measured, summary.py reduces samples
with stats.py, figures/ draws, page.py writes. Each imports only what stands before it.
"""
