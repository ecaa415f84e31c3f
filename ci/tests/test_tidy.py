"""ci/tidy finds each kind of fault that it is there for, and is silent on a clean tree."""
from __future__ import annotations

import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

HEADER = "#ifndef {0}_H\n#define {0}_H\n{1}int {0}_read(int);\n#endif\n"
CLEAN = {
    "allocator/low.h": HEADER.format("low", ""),
    "allocator/low.c": '#include "allocator/low.h"\n\nint low_read(int x)\n{\n'
                       "    return x + 1;\n}\n",
    "allocator/high.h": HEADER.format("high", '#include "allocator/low.h"\n'),
    "allocator/tests/unit/low.c": '#include "allocator/low.h"\n#include "runner/run.h"\n\n'
                                  "int main(void)\n{\n    return low_read(0);\n}\n",
    "workloads/identity.h": HEADER.format("identity", ""),
    "Makefile": "ALLOCATOR_ROOMS := cellar hall\nRUNNER_FLOORS := ground first\n"
                "REPORT_FLOORS := load pages\n",
    "allocator/cellar/cellar.h": HEADER.format("cellar", ""),
    "allocator/hall/hall.h": HEADER.format("hall", '#include "allocator/cellar/cellar.h"\n'),
    "runner/ground/ground.h": HEADER.format("ground", ""),
    "runner/first/first.h": HEADER.format("first", '#include "runner/ground/ground.h"\n'),
    "runner/apart/apart.h": HEADER.format("apart", '#include "runner/ground/ground.h"\n'),
    "runner/run.h": HEADER.format("run", '#include "workloads/identity.h"\n'),
    "reports/__main__.py": "from reports.pages import one\n",
    "reports/load/__init__.py": '"""Loads."""\n',
    "reports/load/names.py": "import ast\n",
    "reports/load/other.py": "from reports.load import names\n",
    "reports/pages/__init__.py": '"""Shows."""\n',
    "reports/pages/one.py": "from reports.load.names import read\n",
    "reports/tests/test_one.py": "from reports.__main__ import one\nimport runner.tests\n",
}


def tidy(tree: pathlib.Path, files: dict[str, str]) -> subprocess.CompletedProcess:
    shutil.copy(ROOT / ".clang-format", tree)
    for name, text in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return subprocess.run([ROOT / "ci/tidy", tree], capture_output=True, text=True, check=False)


def test_clean_tree_is_silent(tmp_path):
    done = tidy(tmp_path, CLEAN)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


FUNCTION = "int f(int x)\n{{\n{}    return x;\n}}\n"
FAULTS = {
    "header needs another": ({"allocator/bad.h": "size_t bad_read(void);\n"},
                             "allocator/bad.h:1: does not compile alone"),
    "header with a warning": ({"allocator/bad.h": "#if HAK_NOWHERE\n#endif\n"},
                              "allocator/bad.h:1: does not compile alone"),
    "room cycle": ({"allocator/a.h": "int a;\n", "allocator/b.h": '#include "allocator/a.h"\n',
                    "allocator/a.c": '#include "allocator/a.h"\n#include "allocator/b.h"\n'},
                   "include cycle: allocator/a -> allocator/b -> allocator/a"),
    "header cycle": ({"allocator/a.h": '#pragma once\n#include "allocator/b.h"\n',
                      "allocator/b.h": '#pragma once\n#include "allocator/a.h"\n'},
                     "include cycle: allocator/a -> allocator/b -> allocator/a"),
    "allocator looks up": ({"allocator/a.c": '#include "runner/run.h"\n'},
                           'allocator/a.c:1: may not include "runner/run.h"'),
    "workload knows the runner": ({"workloads/w/main.c": '#include "runner/run.h"\n'},
                                  "workloads/w/main.c:1: may not include"),
    "workload knows another": ({"workloads/v/v.h": "int v;\n",
                                "workloads/w/main.c": '#include "workloads/v/v.h"\n'},
                               "workloads/w/main.c:1: may not include"),
    "runner knows the allocator": ({"runner/a.c": '#include "allocator/low.h"\n'},
                                   "runner/a.c:1: may not include"),
    "floor knows the one above": ({"runner/ground/a.c": '#include "runner/first/first.h"\n'},
                                  "runner/ground/a.c:1: may not include"),
    "folder apart knows a floor": ({"runner/apart/a.c": '#include "runner/first/first.h"\n'},
                                   "runner/apart/a.c:1: may not include"),
    "allocator knows a floor": ({"allocator/a.c": '#include "runner/ground/ground.h"\n'},
                                "allocator/a.c:1: may not include"),
    "room knows the one above": ({"allocator/cellar/a.c": '#include "allocator/hall/hall.h"\n'},
                                 "allocator/cellar/a.c:1: may not include"),
    "folder that is no room": ({"allocator/shed/a.c": '#include "allocator/hall/hall.h"\n'},
                               "allocator/shed/a.c:1: may not include"),
    "room knows a floor": ({"allocator/hall/a.c": '#include "runner/ground/ground.h"\n'},
                           "allocator/hall/a.c:1: may not include"),
    "product knows a test": ({"runner/tests/t.h": "int t;\n",
                              "runner/a.c": '#include "runner/tests/t.h"\n'},
                             "runner/a.c:1: may not include"),
    "own header not first": ({"allocator/low.c": '#include <stddef.h>\n\n'
                                                 '#include "allocator/low.h"\n'},
                             'allocator/low.c:1: includes "allocator/low.h" not first'),
    "source included": ({"allocator/tests/t.c": '#include "allocator/low.c"\n'},
                        "allocator/tests/t.c:1: includes a source file"),
    "inc.h": ({"allocator/x.inc.h": "int x;\n"}, "allocator/x.inc.h:1: an .inc.h"),
    "unknown include": ({"allocator/a.c": '#include "low.h"\n'}, 'allocator/a.c:1: no "low.h"'),
    "long line": ({"allocator/a.c": "/* " + "x" * 95 + " */\n"}, "allocator/a.c:1: 101 columns"),
    "long line in Python": ({"reports/a.py": "#" * 101 + "\n"}, "reports/a.py:1: 101 columns"),
    "trailing space": ({"allocator/a.c": "int a; \n"}, "allocator/a.c:1: trailing white space"),
    "tab": ({"allocator/a.c": "\tint a;\n"}, "allocator/a.c:1: a tab"),
    "no newline": ({"allocator/a.c": "int a;"}, "allocator/a.c:1: no newline"),
    "long file": ({"allocator/a.c": "int a;\n" * 451}, "allocator/a.c:451: 451 lines in a file"),
    "long function": ({"allocator/a.c": FUNCTION.format("    x++;\n" * 68)},
                      "allocator/a.c:2: 71 lines in a function"),
    "user to base by hand": ({"allocator/a.c": "char *f(hak_user u)\n{\n    return u.p - 1;\n}\n"},
                             "allocator/a.c:3: converts between user and base"),
    "offset asked for elsewhere": ({"allocator/a.c": "int a = tiny_user_offset(3);\n"},
                                   "allocator/a.c:1: converts between user and base"),
    "lower floor of the reports looks up": (
        {"reports/load/a.py": "import ast\nfrom reports.pages.one import draw\n"},
        "reports/load/a.py:2: may not import reports.pages.one: wrong direction"),
    "looks up by its package": (
        {"reports/load/a.py": "from reports.pages import one\n"},
        "reports/load/a.py:1: may not import reports.pages.one"),
    "looks up by a relative import": (
        {"reports/load/a.py": "from ..pages import one\n"},
        "reports/load/a.py:1: may not import reports.pages.one"),
    "looks up inside a function": (
        {"reports/load/a.py": "def f():\n    import reports.pages.one\n"},
        "reports/load/a.py:2: may not import reports.pages.one"),
    "floor knows what stands above all": (
        {"reports/pages/a.py": "from reports import __main__\n"},
        "reports/pages/a.py:1: may not import reports.__main__"),
    "report knows a test": ({"reports/pages/a.py": "import reports.tests.test_one\n"},
                            "reports/pages/a.py:1: may not import reports.tests.test_one"),
    "report knows another area": ({"reports/pages/a.py": "from runner.tests import bench\n"},
                                  "reports/pages/a.py:1: may not import runner.tests"),
    "reports have no such floor": ({"reports/attic/a.py": "import ast\n"},
                                   "reports/attic/a.py:1: stands on no floor"),
    "circle of modules": ({"reports/load/a.py": "import reports.load.b\n",
                           "reports/load/b.py": "from reports.load import a\n"},
                          "import cycle: reports.load.a -> reports.load.b -> reports.load.a"),
    "long module": ({"reports/load/a.py": "A = 1\n" * 251},
                    "reports/load/a.py:251: 251 lines in a module of the reports"),
    "no Python": ({"reports/load/a.py": "def\n"}, "reports/load/a.py:1: is no Python"),
    "layout": ({"allocator/a.c": "int  a;\n"}, "allocator/a.c:1: not laid out by .clang-format"),
    "cppcheck": ({"allocator/a.c": "int f(void)\n{\n    int a[2];\n    a[2] = 1;\n"
                                   "    return 0;\n}\n"},
                 "allocator/a.c:4: cppcheck:"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found(tmp_path, fault):
    files, expected = FAULTS[fault]
    done = tidy(tmp_path, CLEAN | files)
    assert done.returncode == 1
    assert expected in done.stdout, done.stdout + done.stderr


def test_longest_function_allowed(tmp_path):
    done = tidy(tmp_path, {"allocator/a.c": FUNCTION.format("    x++;\n" * 67)})
    assert done.returncode == 0, done.stdout


def test_usage(tmp_path):
    done = subprocess.run([ROOT / "ci/tidy", "a", "b"], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr == "usage: ci/tidy [ROOT]\n"
