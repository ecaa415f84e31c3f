"""What the allocator tells about itself: list traces, causes of failures, counts of events.

The programs of diagnostics/ do a known number of things; here stands what must be told of them.
"""
from __future__ import annotations

import collections
import pathlib
import re
import subprocess

import pytest

from ci.surroundings import SECONDS_MAX

from .conftest import ROOT, SKIPPED, Malloc, library_of

SHOTS = 256
# As diagnostics/lists.c has them: classes of the geometry `fine`, and how often they are used.
BUSY, RARE, PAIRS, FEW, MANY = 57, 56, 4000, 5, 600
DEFAULT = "headerless-sll-off-fine"
TRACED = {"sll": str(ROOT / "build/trace" / DEFAULT / "libhakmem.so"),
          "cache": str(ROOT / "build/trace/headerless-cache-all-fine/libhakmem.so")}
NEXT = re.compile(r"hakmem: \[TLS_SLL_NEXT\] tag=(?P<tag>\w+) class=(?P<cls>\d+) "
                  r"block=0x[0-9a-f]+ next=0x[0-9a-f]+ thread=(?P<thread>\d+)"
                  r"(?P<last> \(shot .*\))?")
HEAD = re.compile(r"hakmem: \[TLS_SLL_HEAD_SET\] tag=(?P<tag>\w+) class=(?P<cls>\d+) "
                  r"head=0x[0-9a-f]+ count=(?P<count>\d+) thread=\d+( backtrace=(?P<frames>\S+))?"
                  r"(?P<last> \(shot .*\))?")
SUPPRESSED = re.compile(r"hakmem: \[TLS_SLL_(NEXT|HEAD_SET)\] tag=(?P<tag>\w+) class=(?P<cls>\d+) "
                        r"suppressed=(?P<count>\d+)")
ACE = re.compile(r"hakmem: \[ACE_TRACE\] cause=(?P<cause>\w+) tier=(?P<tier>\w+) size=(?P<size>\d+)"
                 r"( alignment=\d+)? class=(?P<cls>\w+) used=(?P<used>\d+) cached=\d+ "
                 r"mapped=(?P<mapped>\d+)( \(shot .*\))?")

Trace = collections.namedtuple("Trace", "lines shots last suppressed threads text said")


def run(library: str, program: str, *arguments: str, **settings: str,
        ) -> subprocess.CompletedProcess:
    if not pathlib.Path(library).exists():
        pytest.fail(f"{library} is not built: make {pathlib.Path(library).relative_to(ROOT)}",
                    pytrace=False)
    environment = Malloc("diagnostics", library, None).environment() | settings
    done = subprocess.run([str(ROOT / "build/test/diagnostics" / program), *arguments],
                          env=environment, capture_output=True, text=True, cwd=ROOT,
                          timeout=SECONDS_MAX, check=False)
    if done.returncode == SKIPPED:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr[-2000:]
    return done


def trace(front: str, mode: str, **filters: str) -> Trace:
    """Every line must be a whole one; counts are by (tag, class)."""
    done = run(TRACED[front], "lists", mode, HAKMEM_TRACE="1",
               **{f"HAKMEM_TINY_SLL_{key}": value for key, value in filters.items()})
    shots, threads = collections.Counter(), collections.defaultdict(set)
    last, suppressed, lines = [], {}, done.stderr.splitlines()
    for line in lines:
        match = NEXT.fullmatch(line) or HEAD.fullmatch(line)
        if match:
            key = match["tag"], int(match["cls"])
            shots[key] += 1
            if match.re is NEXT:
                threads[key].add(match["thread"])
            if match["last"]:
                last.append(key)
        else:
            match = SUPPRESSED.fullmatch(line)
            assert match, line
            suppressed[match["tag"], int(match["cls"])] = int(match["count"])
    return Trace(lines, shots, last, suppressed, threads, done.stderr, done.stdout)


def total(seen: Trace, *keys: tuple[str, int]) -> int:
    return sum(seen.shots[key] + seen.suppressed.get(key, 0) for key in keys)


def links(seen: Trace, *keys: tuple[str, int]) -> int:
    """The same of next pointers alone, where heads are traced as well."""
    lines = [match for match in map(NEXT.fullmatch, seen.lines) if match]
    lines = [(match["tag"], int(match["cls"])) for match in lines]
    counts = {(match["tag"], int(match["cls"])): int(match["count"])
              for match in map(SUPPRESSED.fullmatch, seen.lines) if match and match[1] == "NEXT"}
    return sum(lines.count(key) + counts.get(key, 0) for key in keys)


def pushes(front: str, cls: int) -> tuple[str, int]:
    return ("tls_push" if front == "sll" else "cache_push", cls)


def pops(cls: int) -> list[tuple[str, int]]:
    """With the cache in front, the block that a refill hands out comes from the list behind it."""
    return [("tls_pop", cls), ("cache_pop", cls)]


@pytest.mark.parametrize("front", TRACED)
def test_a_busy_class_leaves_a_rare_one_its_lines(front: str) -> None:
    seen = trace(front, "flood")
    busy, rare = pushes(front, BUSY), pushes(front, RARE)
    assert seen.shots[busy] == SHOTS
    assert seen.last.count(busy) == 1
    assert seen.suppressed[busy] == PAIRS - SHOTS
    assert total(seen, *pops(BUSY)) == PAIRS
    assert seen.shots[rare] == total(seen, *pops(RARE)) == FEW
    assert rare not in seen.suppressed and rare not in seen.last
    # What was suppressed was announced, and the counts come last.
    assert set(seen.suppressed) <= set(seen.last)
    assert all("suppressed=" in line for line in seen.lines[-len(seen.suppressed):])


@pytest.mark.parametrize("front", TRACED)
def test_threads_share_a_budget_and_lose_no_count(front: str) -> None:
    seen = trace(front, "threads")
    busy = pushes(front, BUSY)
    assert seen.shots[busy] == SHOTS and seen.last.count(busy) == 1
    assert total(seen, busy) == total(seen, *pops(BUSY)) == PAIRS
    assert len(seen.threads["refill", BUSY]) == 4


@pytest.mark.parametrize("front", TRACED)
def test_a_child_has_shots_and_counts_of_its_own(front: str) -> None:
    seen = trace(front, "fork")
    busy = pushes(front, BUSY)
    assert seen.shots[busy] == SHOTS + FEW
    assert len(seen.threads[busy]) == 2
    assert seen.text.count(f"tag={busy[0]} class={BUSY} suppressed=") == 1
    assert seen.suppressed[busy] == PAIRS - SHOTS


@pytest.mark.parametrize("front", TRACED)
def test_every_list_operation_is_traced(front: str) -> None:
    handed, trimmed = trace(front, "hand"), trace(front, "trim")
    tags = {tag for tag, _ in [*handed.shots, *trimmed.shots]}
    expected = {"tls_pop", "tls_pop_clear", "refill", "carve", "drain", "drain_remote", "release"}
    expected |= {"tls_push"} if front == "sll" else {"cache_push", "cache_pop", "bulk_push",
                                                     "bulk_pop"}
    assert tags == expected
    assert total(handed, pushes(front, BUSY)) == total(handed, *pops(BUSY)) == MANY
    # The thread that did not allocate them gives them all back to slabs that it does not hold.
    assert handed.threads["drain_remote", BUSY] != handed.threads["carve", BUSY]


@pytest.mark.parametrize("front", TRACED)
def test_a_signal_handler_may_be_traced_anywhere(front: str) -> None:
    """One that interrupts the walk for a backtrace gets none itself; no call that lasts is lost.
    What a handler gets inside a slow path is an emergency block, which no list has seen."""
    seen = trace(front, "signals", HEADCLS=str(BUSY))
    signals = int(seen.said)
    assert signals > MANY / 12
    pushed, popped = links(seen, pushes(front, BUSY)), links(seen, *pops(BUSY))
    assert MANY < pushed <= MANY + 10 * signals
    assert MANY < popped <= MANY + 10 * signals


@pytest.mark.parametrize("front", TRACED)
def test_filters(front: str) -> None:
    assert {cls for _, cls in trace(front, "flood", NEXTCLS=str(RARE)).shots} == {RARE}
    popped = trace(front, "trim", NEXTTAG="pop")
    assert popped.shots and all("pop" in tag for tag, _ in popped.shots)
    assert {"tls_pop", "tls_pop_clear"} <= {tag for tag, _ in popped.shots}
    both = trace(front, "trim", NEXTCLS=str(BUSY), NEXTTAG="drain")
    assert {tag for tag, _ in both.shots} == {"drain", "drain_remote"}
    assert {cls for _, cls in both.shots} == {BUSY}
    assert trace(front, "flood", NEXTCLS="-1").text == ""
    assert trace(front, "flood", NEXTTAG="no_such_tag").text == ""


@pytest.mark.parametrize("front", TRACED)
def test_a_list_head_is_told_with_count_and_backtrace(front: str) -> None:
    seen = trace(front, "trim", NEXTCLS="-1", HEADCLS=str(BUSY))
    heads = [HEAD.fullmatch(line) for line in seen.lines if "suppressed=" not in line]
    assert all(head and head["frames"] for head in heads)
    assert {int(head["cls"]) for head in heads} == {BUSY}
    cleared = [head for head in heads if head["tag"] == "tls_pop_clear"]
    assert [head["count"] for head in cleared] == ["0"]
    assert max(int(head["count"]) for head in heads) > 1
    # Somebody called: a frame of the program itself, which the usual tool finds the line of.
    frames = {frame for head in heads for frame in head["frames"].split(",")
              if frame.startswith("lists+0x")}
    assert frames
    found = subprocess.run(["addr2line", "-e", ROOT / "build/test/diagnostics/lists",
                            *(frame.split("+")[1] for frame in frames)],
                           capture_output=True, text=True, check=True).stdout
    assert "diagnostics/lists.c:" in found


def test_a_head_that_is_set_often_has_shots_as_well() -> None:
    seen = trace("sll", "flood", NEXTCLS="-1", HEADCLS=str(BUSY))
    assert seen.shots["tls_push", BUSY] == SHOTS
    assert seen.suppressed["tls_push", BUSY] == PAIRS - SHOTS


@pytest.mark.parametrize("front", TRACED)
@pytest.mark.parametrize("value", [None, "0", ""])
def test_off_is_silent(front: str, value: str | None) -> None:
    settings = {} if value is None else {"HAKMEM_TRACE": value}
    done = run(TRACED[front], "lists", "flood", HAKMEM_TINY_SLL_HEADCLS=str(BUSY), **settings)
    assert done.stderr == ""


@pytest.mark.parametrize("name, value, says", [
    ("NEXTCLS", "85", "is not a class from 0 to 84, or -1 for none; taking every class"),
    ("HEADCLS", "4x", "is not a class from 0 to 84, or -1 for none; taking -1"),
    ("NEXTTAG", "x" * 40, "is not part of a tag; taking every tag")])
def test_a_filter_that_cannot_be_read_is_one_line(name: str, value: str, says: str) -> None:
    done = run(TRACED["sll"], "lists", "trim", HAKMEM_TRACE="1",
               **{f"HAKMEM_TINY_SLL_{name}": value})
    complaints = [line for line in done.stderr.splitlines() if "[TLS_" not in line]
    assert complaints == [f"hakmem: HAKMEM_TINY_SLL_{name}={value} {says}"]


def symbols(path: str, *options: str) -> str:
    return subprocess.run(["nm", *options, path], capture_output=True, text=True, check=True).stdout


def test_a_build_without_tracing_has_nothing_of_it_and_says_so() -> None:
    library = library_of(DEFAULT)
    done = run(library, "lists", "trim", HAKMEM_TRACE="1")
    assert done.stderr.count("\n") == 1 and "make trace" in done.stderr
    written = r" (trace_\w+|_Unwind_\w+)"
    assert not re.search(written, re.sub(r" ace_trace\w*", "", symbols(library)))
    assert re.search(written, symbols(TRACED["sll"]))


@pytest.mark.parametrize("box", ["trace", "ace_trace", "fail"])
def test_nothing_inside_allocates_prints_or_locks(box: str) -> None:
    unit = pathlib.Path(TRACED["sll"]).parent / "diagnostics" / f"{box}.o"
    undefined = symbols(str(unit), "-u")
    allowed = {"os_write_error", "gettid", "_Unwind_Backtrace", "_Unwind_GetIP", "_dl_find_object",
               "strstr", "strrchr", "strlen", "strcmp", "memset", "memcpy", "__errno_location",
               "program_invocation_short_name", "abort", "_GLOBAL_OFFSET_TABLE_", "kpi_page"}
    assert {line.split("@")[0].split()[-1] for line in undefined.splitlines()} <= allowed


def test_the_variant_says_that_it_traces() -> None:
    text = subprocess.run(["strings", TRACED["sll"]], capture_output=True, text=True,
                          check=True).stdout
    assert "layout=headerless,front=sll,layers=off,geometry=fine,trace=on" in text.splitlines()


# --- causes of failures above the front ---------------------------------------------------------

def failures(mode: str, *arguments: str) -> list[re.Match]:
    done = run(library_of(DEFAULT), "refusals", mode, *arguments, HAKMEM_ACE_TRACE="1")
    lines = [line for line in done.stderr.splitlines() if "suppressed=" not in line]
    found = [ACE.fullmatch(line) for line in lines]
    assert all(found), lines
    return found


def kinds(found: list[re.Match]) -> list[tuple[str, str, int]]:
    return [(failure["cause"], failure["tier"], int(failure["size"])) for failure in found]


def test_what_is_served_is_no_failure() -> None:
    assert failures("served") == []


def test_what_is_too_large_for_a_tier_is_threshold() -> None:
    assert kinds(failures("above")) == [("Threshold", "ace", 200000),
                                        ("Threshold", "ace", 40 << 20),
                                        ("Threshold", "span", 40 << 20),
                                        ("Threshold", "ace", 300000),
                                        ("Threshold", "span", 300000),
                                        ("Threshold", "none", 1 << 63)]


@pytest.mark.parametrize("size", [40000, 100000])
def test_a_full_address_space_is_mapfail_with_size_class_and_state(size: int) -> None:
    found = failures("limit", str(size))
    assert set(kinds(found)) == {("MapFail", "ace", size)}
    for failure in found:
        assert failure["cls"].isdigit()
        assert 50 << 20 < int(failure["used"]) <= int(failure["mapped"]) < 256 << 20


def test_a_map_that_the_system_refuses_is_mapfail() -> None:
    size = 4000000
    found = failures("maps", str(size))
    assert {("MapFail", "span", size), ("MapFail", "huge", size)} <= set(kinds(found))


def test_address_space_that_is_used_up_is_exhaustion() -> None:
    found = failures("spans")
    exhausted = [failure for failure in found if failure["cause"] == "Exhaustion"]
    assert exhausted and {failure["tier"] for failure in exhausted} == {"span"}
    assert all(int(failure["used"]) > 511 << 30 for failure in exhausted)
    assert [cause for cause, tier, _ in kinds(found)].count("Threshold") == SHOTS


@pytest.mark.parametrize("settings", [{}, {"HAKMEM_ACE_TRACE": "0"}])
def test_failures_are_silent_unless_asked_for(settings: dict[str, str]) -> None:
    assert run(library_of(DEFAULT), "refusals", "limit", "100000", **settings).stderr == ""


# --- counts of events ---------------------------------------------------------------------------

@pytest.mark.parametrize("policy, lines", [("report", 4), ("count", 0)])
def test_events_are_counted_by_layer_and_tag(policy: str, lines: int) -> None:
    done = run(library_of(DEFAULT), "events", HAKMEM_ON_CORRUPTION=policy)
    assert done.stderr.count("hakmem: [") == lines
    assert done.stdout.splitlines()[:3] == ["registry FREE_UNKNOWN 3", "registry REALLOC_UNKNOWN 1",
                                            "sum 4"]
    assert '<event layer="registry" tag="FREE_UNKNOWN" count="3"/>' in done.stdout
    assert '<event layer="registry" tag="REALLOC_UNKNOWN" count="1"/>' in done.stdout
    assert done.stdout.count("<event ") == 2 and "<deferred" not in done.stdout
    assert "registry FREE_UNKNOWN = 3\nregistry REALLOC_UNKNOWN = 1\n" in done.stderr


def test_every_tag_of_the_sources_is_a_kind() -> None:
    """An event of a kind that fail_kinds.h does not list would be counted as `other`."""
    table = (ROOT / "allocator/diagnostics/fail_kinds.h").read_text()
    kinds_there = {match[1] for match in re.finditer(r'X\("\w+", "(\w+)"\)', table)}
    tags = set()
    for path in sorted((ROOT / "allocator").glob("[!tv]*/*.[ch]")):
        text = path.read_text()
        if '"allocator/diagnostics/fail.h"' in text and path.name not in (
                "settings.c", "preload.c", "fail.c"):
            tags |= set(re.findall(r'"([A-Z]+_[A-Z_]+)"', text))
    assert tags and tags <= kinds_there
    assert kinds_there - tags == {"OTHER"}
