"""hakbench export and import: the same data in every format, each as its own tools have it."""
from __future__ import annotations

import csv
import io
import json
import pathlib
import re
import statistics
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from runner.tests.bench import ROOT, SECONDS_MAX, Bench, read_json

FORMATS = ("gbench", "hyperfine", "csv", "junit", "bigger-is-better")
COMPARE = pathlib.Path("/usr/share/benchmark/compare.py")
XSD = pathlib.Path(__file__).resolve().parent / "junit.xsd"
PYTHON = "/usr/bin/python3"


class Total(NamedTuple):
    """What every format must agree on, by series; operations where the format has them."""

    ok: int
    seconds: float
    operations: int | None = None
    median_rate: float | None = None


def export(bench: Bench, style: str, *words: object) -> str:
    done = bench.call("export", "--format", style, *words)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"(note: \d+ of \d+ series have no sample that is ok; .*\n)?", done.stderr)
    return done.stdout


def exports(bench: Bench, *words: object) -> dict[str, str]:
    return {style: export(bench, style, *words) for style in FORMATS}


def runs_of(text: str) -> list[dict[str, Any]]:
    return [b for b in json.loads(text)["benchmarks"] if b["run_type"] == "iteration"]


def totals(style: str, text: str) -> dict[str, Total]:
    points: dict[str, list[tuple[int, float]]] = {}
    if style == "gbench":
        for run in runs_of(text):
            points.setdefault(run["name"], []).append(
                (run["iterations"], run["iterations"] * run["real_time"] / 1e9))
    elif style == "csv":
        for row in csv.DictReader(io.StringIO(text, newline="")):
            if row["status"] == "ok":
                points.setdefault(row["name"], []).append(
                    (int(row["operations"]), float(row["elapsed_ns"]) / 1e9))
    elif style == "hyperfine":
        return {r["command"]: Total(len(r["times"]), sum(r["times"]))
                for r in json.loads(text)["results"]}
    elif style == "junit":
        times: dict[str, list[float]] = {}
        for case in ET.fromstring(text).iter("testcase"):
            if len(case) == 0:
                times.setdefault(case.attrib["classname"], []).append(float(case.attrib["time"]))
        return {name: Total(len(own), sum(own)) for name, own in times.items()}
    else:
        found = {}
        for entry in json.loads(text):
            match = re.match(r"samples: (\d+) of \d+\noperations: (\d+)\nseconds: (\d+\.\d+)\n",
                             entry["extra"])
            assert match, entry
            found[entry["name"]] = Total(int(match[1]), float(match[3]), int(match[2]),
                                         entry["value"])
        return found
    return {name: Total(len(own), sum(s for _, s in own), sum(n for n, _ in own),
                        statistics.median(n / s for n, s in own))
            for name, own in points.items()}


def assert_totals_agree(texts: dict[str, str]) -> dict[str, Total]:
    expected = totals("csv", texts["csv"])
    assert expected
    for style, text in texts.items():
        found = totals(style, text)
        assert found.keys() == expected.keys(), style
        for name, total in found.items():
            assert total.ok == expected[name].ok, (style, name)
            assert total.seconds == pytest.approx(expected[name].seconds, rel=1e-6, abs=1e-8)
            if total.operations is not None:
                assert total.operations == expected[name].operations, (style, name)
                assert total.median_rate == pytest.approx(expected[name].median_rate, rel=1e-9)
    return expected


def shape(value: Any) -> Any:
    """Keys and types; of an array those of its first element."""
    if isinstance(value, dict):
        return {key: shape(own) for key, own in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) \
        else type(value).__name__


def validate_junit(text: str, folder: pathlib.Path) -> ET.Element:
    path = folder / "junit.xml"
    path.write_text(text)
    done = subprocess.run(["xmllint", "--noout", "--schema", XSD, path], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
    root = ET.fromstring(text)
    for part in (root, *root):
        cases = list(part.iter("testcase"))
        counts = {kind: sum(1 for c in cases if c.find(tag) is not None)
                  for kind, tag in (("failures", "failure"), ("errors", "error"),
                                    ("skipped", "skipped"))}
        assert {kind: int(part.attrib[kind]) for kind in counts} == counts
        assert int(part.attrib["tests"]) == len(cases)
        assert float(part.attrib["time"]) == pytest.approx(
            sum(float(c.attrib.get("time", 0)) for c in cases), abs=1e-6)
    return root


def test_all_formats_hold_the_same(bench: Bench) -> None:
    bench.quick("glibc,jemalloc,hakmem", workloads="ws8192,pairs", repeats=3)
    texts = exports(bench)
    found = assert_totals_agree(texts)
    samples = bench.samples()
    assert len(found) == 6 and sum(t.ok for t in found.values()) == len(samples) == 18
    for name, total in found.items():
        own = [s for s in samples if name == f"{s['workload']}/{s['allocator']}"]
        assert total.operations == sum(s["ops"] for s in own)
        assert total.seconds == pytest.approx(sum(s["elapsed_ns"] for s in own) / 1e9)
    validate_junit(texts["junit"], bench.folder)


def test_what_is_not_ok_never_is_a_number(bench: Bench, preload: Callable[[str], str]) -> None:
    crash, inert = preload("crash"), preload("inert")
    assert bench.quick(f"glibc,{crash},{inert}", repeats=2).returncode == 4
    texts = exports(bench)
    assert list(assert_totals_agree(texts)) == ["ws8192/glibc"]
    entries = json.loads(texts["gbench"])["benchmarks"]
    errors = [e for e in entries if e.get("error_occurred")]
    assert len(errors) == 4
    for error in errors:
        assert error["error_message"].startswith(("crash: SIGSEGV", "void: malloc is served by"))
        assert not {"real_time", "cpu_time", "iterations", "items_per_second"} & error.keys()
    root = validate_junit(texts["junit"], bench.folder)
    assert (root.attrib["tests"], root.attrib["errors"]) == ("6", "4")
    assert {e.attrib["type"] for e in root.iter("error")} == {"crash", "void"}
    rows = list(csv.DictReader(io.StringIO(texts["csv"], newline="")))
    for row in rows:
        numbers = {row[key] for key in ("operations", "elapsed_ns", "ns_per_operation",
                                        "operations_per_s", "user_ns", "soft_faults")}
        assert (numbers == {""}) == (row["status"] != "ok")
        assert bool(row["reason"]) == (row["status"] != "ok")


def test_a_session_without_an_ok_sample(bench: Bench, preload: Callable[[str], str]) -> None:
    bench.quick(preload("crash"), repeats=1)
    for style in ("hyperfine", "bigger-is-better"):
        done = bench.call("export", "--format", style)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "session 1 (quick) holds no sample that is ok" in done.stderr
    for style in ("gbench", "csv", "junit"):
        assert "SIGSEGV" in export(bench, style)


def test_gbench_has_the_shape_of_google_benchmark(bench: Bench) -> None:
    bench.quick("glibc", repeats=2)
    ours = json.loads(export(bench, "gbench"))
    done = subprocess.run([ROOT / "build" / "micro", "--benchmark_filter=^pair/64$",
                           "--benchmark_min_time=0.0001", "--benchmark_repetitions=2",
                           "--benchmark_format=json"], capture_output=True, text=True, check=True)
    theirs = json.loads(done.stdout)
    theirs["context"]["caches"] = []
    own = {key: value for key, value in ours["context"].items()
           if key not in ("hakbench_session", "hakbench_kind", "commit")}
    assert shape(own) == shape(theirs["context"])
    counters = {"faults_per_op", "label", "soft_faults", "peak_rss_bytes", "items_per_second"}
    seen = [[(e["run_type"], e.get("aggregate_name"), shape({k: v for k, v in e.items()
                                                             if k not in counters}))
             for e in document["benchmarks"]] for document in (ours, theirs)]
    assert seen[0] == seen[1]


@pytest.mark.skipif(not COMPARE.exists(), reason="libbenchmark-tools is not installed")
def test_compare_py_reads_it(bench: Bench, preload: Callable[[str], str]) -> None:
    bench.quick(f"glibc,jemalloc,{preload('crash')}", repeats=2)
    path = bench.folder / "run.json"
    assert bench.call("export", "-o", path).returncode == 0
    words = ["filters", path, "/glibc", "/jemalloc"]
    done = subprocess.run([PYTHON, COMPARE, "--no-color", "--dump_to_json",
                           bench.folder / "d.json", *words],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    runs = {name: [r["real_time"] for r in runs_of(path.read_text()) if r["name"] == name]
            for name in ("ws8192/glibc", "ws8192/jemalloc")}
    compared = json.loads((bench.folder / "d.json").read_text())
    (pair,) = [c for c in compared if c["name"] == "ws8192[/glibc vs. /jemalloc]"]
    assert [m["real_time"] for m in pair["measurements"]] == runs["ws8192/glibc"]
    assert [m["real_time_other"] for m in pair["measurements"]] == runs["ws8192/jemalloc"]


def test_hyperfine_has_the_shape_of_hyperfine(bench: Bench) -> None:
    theirs = bench.folder / "h.json"
    subprocess.run(["hyperfine", "-N", "--runs", "2", "-L", "allocator", "a", "-L", "workload",
                    "b", "--export-json", theirs, "true"], capture_output=True, check=True)
    bench.quick("glibc", repeats=2)
    ours = json.loads(export(bench, "hyperfine"))
    assert shape(ours) == shape(json.loads(theirs.read_text()))
    (result,) = ours["results"]
    assert result["mean"] == pytest.approx(statistics.mean(result["times"]))
    assert result["stddev"] == pytest.approx(statistics.stdev(result["times"]))
    assert (result["min"], result["max"]) == (min(result["times"]), max(result["times"]))
    assert len(result["exit_codes"]) == 2
    bench.quick("glibc", repeats=1)
    (result,) = json.loads(export(bench, "hyperfine"))["results"]
    assert result["stddev"] is None


def test_bigger_is_better_has_its_documented_fields(bench: Bench) -> None:
    bench.quick("glibc", repeats=3)
    (entry,) = json.loads(export(bench, "bigger-is-better"))
    assert shape(entry) == {"name": "str", "unit": "str", "value": "number", "range": "str",
                            "extra": "str"}
    assert entry["unit"] == "ops/s" and entry["range"].startswith("± ")
    bench.call("exec", "--repeats", 1, "--allocators", "glibc", "--", "true")
    (entry,) = json.loads(export(bench, "bigger-is-better"))
    assert entry["unit"] == "runs/s" and "range" not in entry
    assert entry["value"] == pytest.approx(1e9 / bench.rows_of(
        "SELECT wall_ns FROM sample WHERE session_id = 2")[0]["wall_ns"])


def test_sessions_of_programs_and_micro_benchmarks(bench: Bench) -> None:
    bench.call("exec", "--repeats", 2, "--allocators", "glibc,jemalloc", "--", "sh", "-c",
               ': "a,b"')
    texts = exports(bench, "--session", 1)
    found = assert_totals_agree(texts)
    assert {name: total.operations for name, total in found.items()} == {
        "exec/glibc": 2, "exec/jemalloc": 2}
    rows = list(csv.DictReader(io.StringIO(texts["csv"], newline="")))
    assert {row["command"].split(" ", 1)[1] for row in rows} == {'-c : "a,b"'}
    bench.call("micro", "--allocators", "glibc,jemalloc", "--filter", "^(pair|calloc)/64(/|$)",
               "--min-time", 0.001, "--repeats", 2)
    found = assert_totals_agree(exports(bench))
    rows = bench.rows_of("SELECT * FROM micro")
    assert len(found) == 8
    for name, total in found.items():
        own = [r for r in rows if f"{r['name']}/{r['allocator']}" == name]
        assert total.operations == sum(r["iterations"] for r in own)


def test_import_gives_back_what_it_took(bench: Bench) -> None:
    bench.quick("glibc,jemalloc", repeats=2)
    before = export(bench, "gbench")
    path = bench.write("run.json", before)
    done = bench.call("import", path, "--json")
    assert done.returncode == 0, done.stderr
    answer = read_json(done)
    assert (answer["session"], answer["benchmarks"], answer["ok"]) == (2, 2, 4)
    texts = exports(bench)
    assert json.loads(texts["gbench"]) == json.loads(before)
    assert_totals_agree(texts)
    taken, given = (totals("hyperfine", text) for text in
                    (texts["hyperfine"], export(bench, "hyperfine", "--session", 1)))
    assert taken.keys() == given.keys()
    for name, total in taken.items():
        assert total.ok == given[name].ok
        assert total.seconds == pytest.approx(given[name].seconds)


def test_import_of_google_benchmarks_own_file(bench: Bench) -> None:
    """It writes NaN, which is no JSON: the variation of a counter that is 0."""
    path = bench.folder / "micro.json"
    subprocess.run([ROOT / "build" / "micro", "--benchmark_filter=^(pair|handover)/64",
                    "--benchmark_min_time=0.0001", "--benchmark_repetitions=2",
                    f"--benchmark_out={path}", "--benchmark_out_format=json"],
                   capture_output=True, check=True)
    assert "NaN" in path.read_text()
    assert bench.call("import", path).returncode == 0
    texts = exports(bench)
    theirs = json.loads(path.read_text(), parse_constant=lambda name: None)
    assert json.loads(texts["gbench"]) == theirs
    found = assert_totals_agree(texts)
    assert {name: total.operations for name, total in found.items()} == {
        name: sum(r["iterations"] for r in theirs["benchmarks"]
                  if r["run_type"] == "iteration" and r["name"] == name) for name in found}


def test_an_imported_error_stays_one(bench: Bench) -> None:
    path = bench.write("e.json", json.dumps({"context": {}, "benchmarks": [
        {"name": "a", "run_type": "iteration", "iterations": 0, "real_time": 0, "cpu_time": 0,
         "time_unit": "ms", "error_occurred": True, "error_message": "it \"broke\" <&\x01 NaN"},
        {"name": "b", "iterations": 3, "real_time": 2.0, "cpu_time": 1.0, "time_unit": "ms"}]}))
    assert bench.call("import", path).returncode == 0
    (total,) = totals("csv", export(bench, "csv")).values()
    assert total == Total(1, pytest.approx(0.006), 3, pytest.approx(500))
    root = validate_junit(export(bench, "junit"), bench.folder)
    assert [f.attrib["message"] for f in root.iter("failure")] == ['it "broke" <&? NaN']


def test_stdout_is_json_and_nothing_else(bench: Bench) -> None:
    bench.quick("glibc", repeats=1)
    done = bench.call("export")
    assert done.stderr == ""
    piped = subprocess.run(["jq", "-e", ".benchmarks | length"], input=done.stdout,
                           capture_output=True, text=True, timeout=SECONDS_MAX, check=True)
    assert piped.stdout == "1\n"
    path = bench.folder / "out.json"
    told = read_json(bench.call("export", "--json", "-o", path))
    assert (told["file"], told["ok"], told["not_ok"]) == (str(path), 1, 0)
    assert path.read_text() == done.stdout


def test_misuse_becomes_tests(bench: Bench) -> None:
    done = bench.call("misuse", "--allocators", "hakmem", "--case", "1")
    assert done.returncode in (0, 4), done.stderr
    root = validate_junit(export(bench, "junit"), bench.folder)
    cases = bench.rows_of("SELECT * FROM misuse")
    assert cases and int(root.attrib["tests"]) == len(cases)
    assert int(root.attrib["failures"]) == sum(1 for c in cases if c["held"] == 0)
    done = bench.call("export", "--format", "csv")
    assert done.returncode == 2 and "holds no times" in done.stderr


@pytest.mark.parametrize(("words", "said"), [
    (["--format", "yaml"], "unknown format 'yaml': choose from gbench, hyperfine, csv, junit"),
    (["--session", "9"], "has no session 9"),
    (["--session", "no"], "--session no: give a whole number"),
    (["-o", "/nowhere/x"], "cannot write /nowhere/x: No such file or directory"),
    (["-o"], "--output needs a value"),
    (["--json", "--format", "csv"], "csv is no JSON"),
    (["1"], "takes no arguments"),
])
def test_bad_input_is_one_clear_line(bench: Bench, words: list[str], said: str) -> None:
    bench.quick("glibc", repeats=1)
    done = bench.call("export", *words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert said in done.stderr


def test_without_results_nothing_is_made(bench: Bench) -> None:
    done = bench.call("export")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"no results in {bench.results}: measure first" in done.stderr
    assert not bench.results.exists()
    bench.quick("glibc", repeats=1)
    bench.execute("DELETE FROM session")
    bench.execute("DELETE FROM sample")
    done = bench.call("export")
    assert done.returncode == 2 and "holds no results yet" in done.stderr


@pytest.mark.parametrize(("text", "said"), [
    ("{", "no JSON"),
    ("[]", 'holds no "benchmarks"'),
    ('{"benchmarks": []}', 'holds no "benchmarks"'),
    ('{"benchmarks": [{"real_time": 1}]}', "benchmark 0 has no name"),
])
def test_a_file_that_is_none_is_refused(bench: Bench, text: str, said: str) -> None:
    done = bench.call("import", bench.write("bad.json", text))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert said in done.stderr and "bad.json" in done.stderr
    assert not bench.database.exists()
    assert "cannot read /nowhere" in bench.call("import", "/nowhere").stderr
    assert "give one file" in bench.call("import").stderr
