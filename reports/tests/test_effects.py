"""What factors cost, from a session of which the truth is known, down to the page."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path

import pytest

from reports.__main__ import main
from reports.figures.effects import effects_figure, factor_figure, shown_rows
from reports.load.names import Names
from reports.load.results import load_results
from reports.sections.layers import EFFECTS_CSV, direct_sentence, effects_csv, shown_pairs
from reports.statistics.effects import Effects, find_effects
from reports.statistics.estimates import Estimate
from reports.statistics.leastsquares import Effect
from reports.statistics.units import bytes_effect_text, change_interval, change_text, \
    effect_half_text, effect_text
from reports.tests.factorial import LAYERS, RSS, TIME, WORKLOADS, add_factorial, matrix_variants
from reports.tests.synthetic import CRASH, Database

FACTORS = [*LAYERS, "headered", "cache", "c8", "0"]
ALL_LAYERS = math.prod(1 + TIME[layer] / 100 for layer in LAYERS)


def effects_of(folder: Path, names: Names) -> Effects:
    return find_effects(load_results(folder), names)


def visible_text(page: Path) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default matrix in six blocks, with two peers on a workload."""
    made = tmp_path_factory.mktemp("factorial")
    database = Database(made, blocks=6)
    add_factorial(database, matrix_variants())
    for peer in ("glibc", "tcmalloc"):
        database.add_samples(database.add_cell(peer, "ws8192"), [5e7] * 6)
    database.close()
    return made


@pytest.fixture(scope="module")
def effects(folder: Path, names: Names) -> Effects:
    return effects_of(folder, names)


def test_every_factor_of_the_default_matrix_is_told_apart(effects: Effects) -> None:
    assert [factor.name for factor in effects.separable] == FACTORS
    assert effects.factors == effects.separable
    assert effects.together == () and effects.constant == ()
    assert effects.variants == 35
    fit = effects.workloads[0].time
    assert fit is not None and (fit.variants, fit.blocks, fit.freedom) == (35, 6, 25)
    worst = max(effects.leaks[factor].share for factor in effects.separable
                if factor.axis in ("layers", "layout", "front"))
    assert 0 < worst < 0.16


def test_known_effects_lie_within_their_intervals(effects: Effects) -> None:
    """Of 36 intervals at 95 % a few may miss, by little."""
    missed = 0
    for row in effects.workloads:
        for quantity, truth in ((row.time, TIME), (row.rss, RSS)):
            assert quantity is not None
            for factor, effect in quantity.effects.items():
                assert effect.half is not None
                distance = abs(effect.value - math.log1p(truth.get(factor.name, 0) / 100))
                missed += distance > effect.half
                assert distance < 2 * effect.half
    assert missed <= 8
    mean = effects.mean.time
    assert mean is not None
    for factor, effect in mean.effects.items():
        assert effect.half is not None and effect.half < (0.007 if factor.name == "c8" else 0.004)
        assert effect.value == pytest.approx(math.log1p(TIME[factor.name] / 100), abs=0.006)


def test_bytes_of_rss_are_told_too(effects: Effects) -> None:
    row = effects.workloads[0]
    assert row.rss_bytes is not None
    head = next(effect for factor, effect in row.rss_bytes.effects.items()
                if factor.name == "head")
    assert head.value == pytest.approx(WORKLOADS[row.workload][1] * RSS["head"] / 100, rel=0.1)


def test_all_layers_are_compared_directly(effects: Effects) -> None:
    titles = [pair.title for pair in effects.pairs]
    assert sorted(titles) == sorted(
        f"{layout} {front}{prewarm}" for layout in ("headerless", "headered")
        for front in ("sll", "cache") for prewarm in ("", " prewarm=0"))
    assert [len(pair.title.split()) for pair in shown_pairs(effects)] == [2] * 4
    for pair in effects.pairs:
        assert pair.mean_time is not None and pair.mean_time.trusted
        assert pair.mean_time.value == pytest.approx(ALL_LAYERS, abs=0.015)
        worst = pair.worst(pair.time)
        assert worst is not None
        assert worst[1].value == max(ratio.value for ratio in pair.time.values())
    sentence = direct_sentence(shown_pairs(effects))
    assert sentence.startswith("All five layers cost the release default +")
    assert "over 4 workloads" in sentence and "on the worst, " in sentence


def test_a_crashed_variant_is_left_out_of_its_workload(names: Names, tmp_path: Path) -> None:
    database = Database(tmp_path, blocks=6)
    add_factorial(database, matrix_variants(), workloads=["cfrac"])
    cell = database.add_cell("hakmem:layers=pin+head", "cfrac")
    fast = {"ops": 10 ** 9, "elapsed_ns": 1, "peak_rss": 1}
    for block in range(6):
        database.add_sample(cell, block, **{**CRASH, **fast}, reason="SIGSEGV")
    database.close()
    fit = effects_of(tmp_path, names).workloads[0].time
    assert fit is not None and fit.variants == 35
    head = next(effect for factor, effect in fit.effects.items() if factor.name == "head")
    assert head.value == pytest.approx(math.log1p(TIME["head"] / 100), abs=0.02)


def test_a_session_tells_what_it_cannot_tell(names: Names, tmp_path: Path) -> None:
    """Without the fraction and the single layers, the five layers only vary together."""
    database = Database(tmp_path, blocks=6)
    some = ["hakmem", "hakmem:layers=all", "hakmem:front=cache", "hakmem:front=cache,layers=all"]
    add_factorial(database, some)
    database.close()
    effects = effects_of(tmp_path, names)
    assert [[factor.name for factor in group] for group in effects.together] == [list(LAYERS)]
    assert [factor.name for factor in effects.separable] == ["cache"]
    assert {factor.name for factor in effects.constant} == {"headered", "c8", "0"}
    assert main(["--results", str(tmp_path)]) == 0
    text = visible_text(next(tmp_path.glob("*/report.html")))
    assert "pin, guard, next, freelist, head: in this session they vary only together" in text
    assert "headered, c8, prewarm 0." in text


@pytest.mark.parametrize("variants", [["hakmem"], [], ["hakmem", "hakmem:front=cache"]])
def test_few_or_no_variants(tmp_path: Path, variants: list[str]) -> None:
    database = Database(tmp_path)
    add_factorial(database, variants)
    database.add_samples(database.add_cell("glibc", "ws8192"), [5e7] * 10)
    database.close()
    assert main(["--results", str(tmp_path)]) == 0
    text = visible_text(next(tmp_path.glob("*/report.html")))
    assert ("nothing to tell apart" in text) == (len(variants) == 1)
    assert ("no degree of freedom is left" in text) == (len(variants) == 2)
    assert ("What layers, layout and front cost" in text) == bool(variants)


def test_whole_processes_count_by_their_wall_time(names: Names, tmp_path: Path) -> None:
    database = Database(tmp_path, kind="exec")
    for allocator, wall in (("hakmem", 1_000_000), ("hakmem:layers=head", 1_100_000)):
        cell = database.add_cell(allocator, "exec")
        for block in range(4):
            database.add_sample(cell, block, ops=None, elapsed_ns=None, wall_ns=wall)
    session = database.session
    database.close()
    fit = find_effects(load_results(tmp_path, session), names).workloads[0].time
    assert fit is not None
    (effect,) = fit.effects.values()
    assert math.exp(effect.value) == pytest.approx(1.1)


def test_figures_show_every_factor_with_unit_and_direction(effects: Effects) -> None:
    figure = effects_figure(effects)
    texts = [text.get_text() for text in figure.texts]
    assert len(figure.axes) == len(FACTORS)
    assert "Cost in time per operation, % (left of zero is faster; line: 95 % interval)" in texts
    assert {"pin", "head", "headered", "prewarm 0", "all workloads"} <= set(texts)
    for axes in figure.axes:
        low, high = axes.get_xlim()
        assert low < 0 < high
        assert 0 in axes.get_xticks()
    layers = [axes.get_xlim() for axes in figure.axes[:5]]
    assert len(set(layers)) == 1
    narrow = factor_figure(effects, effects.separable[0])
    assert any("lower is better" in text.get_text() for text in narrow.texts)
    assert len(shown_rows(effects)) == len(WORKLOADS) + 1


def test_the_file_holds_all_of_it(effects: Effects) -> None:
    rows = list(csv.DictReader(effects_csv(effects).splitlines()))
    mains = [row for row in rows if row["kind"] == "main effect"]
    assert len(mains) == len(FACTORS) * (3 * len(WORKLOADS) + 2)
    head = next(row for row in mains if (row["workload"], row["quantity"], row["factor"]) ==
                ("geometric mean", "time", "head"))
    assert float(head["low"]) < float(head["effect"]) < float(head["high"])
    assert float(head["effect"]) == pytest.approx(TIME["head"], abs=0.5)
    assert head["unit"] == "percent" and head["freedom"] == "25"
    assert {row["unit"] for row in mains} == {"percent", "bytes"}
    pairs = [row for row in rows if row["kind"] == "all layers, paired"]
    assert len(pairs) == 8 * 2 * (len(WORKLOADS) + 1)


def test_the_page_shows_effects(folder: Path, tmp_path: Path) -> None:
    assert main(["--results", str(folder), "--output", str(tmp_path)]) == 0
    page = next(tmp_path.glob("*/report.html"))
    text = visible_text(page)
    for needed in ("All five layers cost the release default +", "worst workload",
                   "geometric mean", "have 25 degrees of freedom",
                   "Of 36 intervals of time at 95&nbsp;%, about 2 miss",
                   "over 35 variants of hakmem in 6 blocks", "mixed up with interactions",
                   "only in the table: 18 variants with some of the layers"):
        assert needed in text, needed
    assert {path.name for path in page.parent.glob("effects.*")} == {
        "effects.png", "effects.svg", EFFECTS_CSV}


def test_how_changes_are_written() -> None:
    assert change_text(1.0132) == "+1.3\u202f%"
    assert change_text(0.97) == "−3.0\u202f%"
    assert change_text(1.0001) == "0.0\u202f%"
    assert change_interval(Estimate(1.01, 0.99, 1.03, 0.96, 8)) == "−1.0 to +3.0"
    assert change_interval(Estimate(1.01, 0.99, 1.03, 0.75, 3)) == "−1.0 to +3.0†"
    assert change_interval(Estimate(1.01, 1.01, 1.01, 0.0, 1)) == "no interval"
    assert effect_text(Effect(math.log(1.5), None)) == "+50.0\u202f%"
    assert effect_half_text(Effect(0.0, math.log(1.01))) == "±\u202f1.0"
    assert effect_half_text(Effect(0.0, None)) == "no interval"
    assert bytes_effect_text(Effect(-2048.0, 1024.0)) == "−2 ±\u202f1\u202fKiB"
    assert bytes_effect_text(Effect(50 * 2.0 ** 20, None)) == "+50.0\u202fMiB"
