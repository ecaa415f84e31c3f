"""ci/nightly: stages run in order, fail alone, end in time, go on, and are told in one place."""
from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as xml

import pytest

from ci.surroundings import SECONDS_MAX

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "ci/nightly"
STAGES = """
[[stage]]
name = "first"
about = "always good"
command = "echo one >> {results}/first; echo said"
[[stage]]
name = "broken"
command = "echo cannot build; exit 7"
codes = "build"
[[stage]]
name = "dependent"
command = "touch {results}/never"
needs = ["broken"]
[[stage]]
name = "slower"
command = "echo '50% slower'; exit 1"
weight = 1
[[stage]]
name = "unsure"
command = "exit 3"
[[stage]]
name = "last"
command = "echo 'all <done> & said'"
needs = ["first"]
"""


def environment(**extra: str) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GITHUB_")}
    return {**clean, "BUDGET": "3h", **extra}


def write(folder: pathlib.Path, stages: str) -> pathlib.Path:
    path = folder / "stages.toml"
    path.write_text(stages)
    return path


def night(folder: pathlib.Path, stages: str, *words: str,
          **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SCRIPT, "--stages", write(folder, stages), "--results", folder, *words],
                          capture_output=True, text=True, check=False, timeout=SECONDS_MAX,
                          env=environment(**extra))


def state(folder: pathlib.Path) -> dict[str, dict]:
    stored = json.loads((folder / "nightly/state.json").read_text())
    return {stage["name"]: stage for stage in stored["stages"]}


def test_a_stage_that_fails_stops_only_those_that_need_it(tmp_path):
    done = night(tmp_path, STAGES)
    assert done.returncode == 1  # a regression is worse than a build error or no verdict
    stages = state(tmp_path)
    assert list(stages) == ["first", "broken", "dependent", "slower", "unsure", "last"]
    assert {name: (stage["verdict"], stage["code"]) for name, stage in stages.items()} == {
        "first": ("passed", 0), "broken": ("failed", 2), "dependent": ("skipped", 0),
        "slower": ("regression", 1), "unsure": ("inconclusive", 3), "last": ("passed", 0)}
    assert stages["dependent"]["lines"] == ["needs broken"]
    assert not (tmp_path / "never").exists()
    log = (tmp_path / "nightly/night.log").read_text()
    for said in ("=== first: ", "cannot build", "50% slower", "--- unsure: inconclusive"):
        assert said in log and said in done.stdout


@pytest.mark.parametrize(("codes", "worst"), [
    ([0, 0], 0), ([3, 0], 3), ([3, 2], 2), ([2, 1, 3], 1), ([1, 4, 2], 4), ([0, 139], 4)])
def test_the_exit_code_is_the_worst(tmp_path, codes, worst):
    stages = "".join(f'[[stage]]\nname = "s{n}"\ncommand = "exit {code}"\n'
                     for n, code in enumerate(codes))
    assert night(tmp_path, stages).returncode == worst


def test_what_is_done_is_not_done_again(tmp_path):
    stages = STAGES + """
[[stage]]
name = "long"
command = "echo begin; exec cat {results}/pipe"
resume = "echo goes on; exec true"
"""
    os.mkfifo(tmp_path / "pipe")
    process = subprocess.Popen([SCRIPT, "--stages", write(tmp_path, stages), "--results", tmp_path],
                               stdout=subprocess.PIPE, text=True, env=environment())
    for line in process.stdout:
        if line == "begin\n":  # it now waits for a writer that never comes
            break
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 130 and "ci/nightly --resume goes on" in rest
    assert state(tmp_path)["long"]["verdict"] == "interrupted"
    assert (tmp_path / "nightly/index.html").is_file()
    done = night(tmp_path, stages, "--resume")
    assert done.returncode == 1
    assert "goes on\n" in done.stdout and "=== first" not in done.stdout
    assert state(tmp_path)["long"]["verdict"] == "passed"
    assert (tmp_path / "first").read_text() == "one\n"
    anew = night(tmp_path, stages, "--only", "first")
    assert anew.returncode == 0 and list(state(tmp_path)) == ["first"]
    assert (tmp_path / "first").read_text() == "one\none\n"


def test_a_stage_that_takes_too_long_is_ended_and_the_others_run(tmp_path):
    """Nothing is left of the budget, so that a stage gets the least there is: five seconds."""
    os.mkfifo(tmp_path / "pipe")
    stages = """
[[stage]]
name = "hangs"
command = "exec cat {results}/pipe"
weight = 1
[[stage]]
name = "after"
command = "echo ran"
"""
    done = night(tmp_path, stages, BUDGET="1s")
    assert done.returncode == 3
    stages = state(tmp_path)
    assert stages["hangs"]["verdict"] == "out of time" and stages["hangs"]["seconds"] >= 5
    assert stages["after"]["verdict"] == "passed"


def test_junit_page_and_annotations(tmp_path):
    summary = tmp_path / "summary.md"
    done = night(tmp_path, STAGES, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    suite = xml.parse(tmp_path / "nightly/junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("6", "3", "1")
    cases = {case.get("name"): case for case in suite}
    assert cases["slower"].find("failure").get("message") == "regression"
    assert cases["broken"].find("failure").text == "cannot build"
    assert cases["dependent"].find("skipped").get("message") == "needs broken"
    assert "::error title=nightly slower::regression: 50%25 slower" in done.stdout
    assert "::warning title=nightly unsure::inconclusive" in done.stdout
    assert "| last | passed | 0 s | all <done> & said |" in summary.read_text()
    page = (tmp_path / "nightly/index.html").read_text()
    for said in ("2 of 5 stages passed; failed: broken; regression: slower; inconclusive: unsure.",
                 "all &lt;done&gt; &amp; said", "needs broken", "junit.xml", "night.log"):
        assert said in page
    assert page.count("<tr>") == 7


def test_a_stage_without_its_subject_is_skipped_and_says_why(tmp_path):
    stages = """
[[stage]]
name = "none"
command = "touch {results}/never"
when = "yesterday"
"""
    repository = tmp_path / "repository"
    (repository / "ci").mkdir(parents=True)
    shutil.copy(SCRIPT, repository / "ci/nightly")
    subprocess.run(["git", "init", "-q", repository], check=True)
    done = subprocess.run([repository / "ci/nightly", "--stages", write(tmp_path, stages),
                           "--results", tmp_path], capture_output=True, text=True, check=False,
                          timeout=SECONDS_MAX, env=environment())
    assert done.returncode == 0
    assert state(tmp_path)["none"]["verdict"] == "skipped"
    assert state(tmp_path)["none"]["lines"] == ["HEAD is itself a day old, or no commit is"]
    assert not (tmp_path / "never").exists()


def test_the_budget_is_shared_by_weight(tmp_path):
    stages = """
[[stage]]
name = "third"
command = "echo {soak_seconds} {gate_size}"
weight = 1
[[stage]]
name = "rest"
command = "echo {soak_seconds} {matrix_mode}{gate_size}"
weight = 2
"""
    night(tmp_path, stages, BUDGET="3h")
    assert state(tmp_path)["third"]["lines"][0].startswith(("11", "120.0"))  # but for a moment
    assert state(tmp_path)["rest"]["lines"][0].startswith("3")  # 360 s but for a moment
    assert state(tmp_path)["rest"]["lines"][0].endswith("default")
    night(tmp_path, stages, BUDGET="120s")
    seconds, size = state(tmp_path)["third"]["lines"][0].split(maxsplit=1)
    assert 0.2 <= float(seconds) <= 1.3 and size == "--quick --workloads ws8192,cfrac"
    assert state(tmp_path)["rest"]["lines"][0].endswith("quick--quick --workloads ws8192,cfrac")


@pytest.mark.parametrize(("stages", "words", "extra", "said"), [
    ("", [], {}, "no [[stage]]"),
    ("[[stage]]\nname = 'a'\n", [], {}, "a stage has name, command"),
    ("[[stage]]\nname = 'a'\ncommand = 'x'\ncolour = 1\n", [], {}, "not colour"),
    ("[[stage]]\nname = 'a'\ncommand = 'x'\nneeds = ['b']\n", [], {}, "its needs stages above it"),
    ("[[stage]\n", [], {}, "cannot read"),
    (STAGES, ["--only", "nope"], {}, "no stage nope: choose from first"),
    (STAGES, [], {"BUDGET": "soon"}, "BUDGET=soon: give a number and a unit"),
    (STAGES, ["--resume"], {}, "no night to go on with"),
])
def test_bad_input_is_one_clear_line(tmp_path, stages, words, extra, said):
    done = night(tmp_path, stages, *words, **extra)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and said in done.stderr


def test_every_name_of_the_real_stages_is_known(tmp_path):
    """The commands are those that a night runs: every name in braces has a value."""
    loader = importlib.machinery.SourceFileLoader("nightly", str(SCRIPT))
    spec = importlib.util.spec_from_loader("nightly", loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules["nightly"] = module
    loader.exec_module(module)
    for budget in (20 * 60, 8 * 3600):
        values = module.Values(tmp_path, budget, budget / 10)
        for stage in module.read_stages(ROOT / "ci/nightly.toml"):
            assert "{" not in values.fill(stage.command) + values.fill(stage.resume)
