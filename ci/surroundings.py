"""What every test finds around it, whoever starts it and wherever: the one limit of time, the
number of cores, and an environment that holds nothing of the person's or the machine's own."""
from __future__ import annotations

import atexit
import os
import shutil
import tempfile

SCALE_VARIABLE = "TEST_TIME_SCALE"
# A test that does not end is a failure and no stuck build; no test takes a tenth of this on a quiet
# machine, so that it says nothing about how fast a machine must be.
SECONDS_MAX = 600 * float(os.environ.get(SCALE_VARIABLE, "1"))

# What would choose, tune or trace an allocator, lead git elsewhere, or have make share its jobs.
FOREIGN = ("HAKMEM_", "HAKBENCH_", "GIT_", "MALLOC_", "MAKE", "MFLAGS", "LC_", "LANG", "LD_",
           "GITHUB_", "XDG_", "PYTHON", "GCC_", "GLIBC_", "ASAN_", "UBSAN_", "TSAN_", "PYTEST_ADD")
KEPT = ("HAKMEM_TEST_VARIANTS",)
ALONE = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "BUDGET", "GZIP",
         "LESS", "PAGER", "EDITOR", "DISPLAY", "EXPECTED_MALLOC", "PERL5OPT", "BASH_ENV", "ENV",
         "CDPATH", "IFS", "POSIXLY_CORRECT", "TZ")
HOME_VARIABLE = "TEST_HOME"
TEMPORARY_MAX = 40  # the name of a socket, which stands some folders deeper, has room for 107 bytes


def count_cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0))


def clean_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items()
            if name in KEPT or not (name.startswith(FOREIGN) or name in ALONE)}
    kept.setdefault("PATH", os.defpath)
    # Messages are compared in English; names of files may hold any letter.
    return kept | {"LC_ALL": "C.UTF-8", "TERM": "dumb"}


def enter() -> None:
    """For this process and all that it starts, which find it as it is. What a program writes for
    its user lands in a folder of the tests', because HOME may be missing, not writable, or full of
    settings; it goes with the process that made it."""
    cleaned = clean_environment()
    os.environ.clear()
    os.environ.update(cleaned)
    os.umask(0o022)
    if len(tempfile.gettempdir()) > TEMPORARY_MAX:
        os.environ["TMPDIR"] = tempfile.tempdir = "/tmp"
    if HOME_VARIABLE not in os.environ:
        home = tempfile.mkdtemp(prefix="hakbench-home-")
        os.environ[HOME_VARIABLE] = home
        atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ["HOME"] = os.environ[HOME_VARIABLE]
