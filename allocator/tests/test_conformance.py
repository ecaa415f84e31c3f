"""The whole malloc surface, black box: under the C library, as a check of the test, and hakmem."""
from __future__ import annotations

import pytest

from ci.surroundings import SECONDS_MAX

from .conftest import ROOT, Case, all_mallocs, programs_of

CASES = [Case(program, (str(ROOT / "build/test/conformance" / program),), malloc,
              malloc.environment(), SECONDS_MAX)
         for program in programs_of("conformance") for malloc in all_mallocs()]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_conformance(check, case):
    check(case)
