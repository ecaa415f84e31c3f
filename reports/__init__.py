"""The report of hakbench: results database -> statistics -> figures -> one HTML page.

The road: load.py reads a session, names.py labels what was measured. summary.py reduces samples
with stats.py, effects.py finds what each factor costs with leastsquares.py, detection.py what each
set of layers sees. figures/ draws, sections.py and page.py write. Each imports only what stands
before it.
"""
