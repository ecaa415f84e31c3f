"""The report of hakbench: results database -> statistics -> figures -> one HTML page.

The folders are floors, named from the bottom up in the Makefile (REPORT_FLOORS): load, statistics,
figures, sections, pages, command. A module imports its own floor and those below it (ci/tidy).
"""
