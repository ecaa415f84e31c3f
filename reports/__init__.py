"""The report of hakbench: results database -> statistics -> figures -> one HTML page.

The road: load.py reads a session (tables.py what stands beside its samples), names.py labels what
was measured. summary.py reduces samples with stats.py; latency.py, timelines.py, counters.py and
programs.py reduce the other tables; effects.py finds what each factor costs with leastsquares.py,
detection.py what each set of layers sees. figures/ draws, charts.py publishes a figure as SVG, PNG
and CSV, sections/ makes what a part of the page shows, page.py and index.py the pages. Each imports
only what stands before it.

The trend has a road of its own: history.py reads commits, changes.py finds change points, trend.py
says what got worse, trend_page.py writes.
"""
