"""The matrix file: its three readers agree, and its fraction separates what it claims to."""
from __future__ import annotations

import itertools
import json
import re
import subprocess

import pytest

from .conftest import ROOT, build_axes, read_axes, read_matrix, slug_of, variants_of

SETS = ("quick", "default", "full", "misuse", "units", "blackbox")
LAYERS = ("pin", "guard", "next", "freelist", "head")
FACTORS = ("headered", "cache", *LAYERS)


def make_variables() -> dict[str, list[str]]:
    text = subprocess.run(["awk", "-f", "allocator/variants/variants.awk",
                           "allocator/variants/matrix.txt"],
                          cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {name: value.split() for name, value in re.findall(r"^(\S+) := ?(.*)$", text, re.M)}


@pytest.mark.parametrize("chosen", SETS)
def test_make_builds_what_a_set_takes(chosen: str) -> None:
    expected = list(dict.fromkeys(slug_of(variant) for variant in variants_of(chosen)))
    assert make_variables()[f"VARIANTS_{chosen}"] == expected


def test_make_knows_the_flags_of_every_build() -> None:
    variables = make_variables()
    axes = read_axes()
    slugs = ["-".join(values) for values in
             itertools.product(*(axes[axis] for axis in build_axes()))]
    assert {f"FLAGS_{slug}" for slug in slugs} == {n for n in variables if n.startswith("FLAGS_")}
    assert len(axes["layers"]) == 32
    flags = variables["FLAGS_headered-sll-pin+head-fine"]
    assert [flag for flag in flags if "LAYER_" in flag] == ["-DHAK_LAYER_PIN=1",
                                                           "-DHAK_LAYER_HEAD=1"]
    assert ("-DHAK_VARIANT='\"layout=headered,front=sll,layers=pin+head,geometry=fine\"'"
            in flags)
    every = variables["FLAGS_headered-sll-all-fine"]
    assert {f"-DHAK_LAYER_{layer.upper()}=1" for layer in LAYERS} <= set(every)
    assert not any("LAYER_" in flag for flag in variables["FLAGS_headered-sll-off-fine"])


def test_the_runner_lists_what_the_sets_take() -> None:
    done = subprocess.run([ROOT / "build/hakbench", "list", "--json"], capture_output=True,
                          text=True, check=True)
    listed = [(entry["variant"], entry["name"]) for entry in json.loads(done.stdout)["variants"]]
    expected = {",".join(f"{axis}={variant[axis]}" for axis in build_axes())
                for chosen in SETS for variant in variants_of(chosen)}
    assert {variant for variant, _ in listed} == expected
    assert listed[0][1] == "hakmem"
    assert len({name for _, name in listed}) == len(listed)


def test_the_sets_have_the_sizes_that_time_allows() -> None:
    sizes = {chosen: len(variants_of(chosen)) for chosen in SETS}
    assert sizes == {"quick": 8, "default": 35, "full": 144, "misuse": 48, "units": 12,
                     "blackbox": 23}


def fraction() -> list[dict[str, int]]:
    """The takes behind the comment on effects, as a 0 or 1 for every factor."""
    text = (ROOT / "allocator/variants/matrix.txt").read_text()
    lines = text[text.index("# Effects:"):text.index("\ntake full")].splitlines()
    rows = []
    for line in (line for line in lines if line.startswith("take ")):
        pairs = dict(word.split("=") for word in line.split()[2:])
        layers = LAYERS if pairs["layers"] == "all" else pairs["layers"].split("+")
        rows.append({factor: int(factor in (pairs.get("layout"), pairs.get("front"), *layers))
                     for factor in FACTORS})
    return rows


def test_the_fraction_has_the_stated_generators() -> None:
    rows = fraction()
    assert len({tuple(row.values()) for row in rows}) == 16
    for row in rows:
        assert row["guard"] == row["headered"] ^ row["cache"] ^ row["pin"]
        assert row["freelist"] == row["headered"] ^ row["cache"] ^ row["next"]
        assert row["head"] == 1 ^ row["cache"] ^ row["pin"] ^ row["next"]


def test_the_fraction_is_of_resolution_four() -> None:
    """Columns of -1 and 1 sum to 0 by themselves and in any product of two or three."""
    columns = {factor: [2 * row[factor] - 1 for row in fraction()] for factor in FACTORS}
    for size in (1, 2, 3):
        for chosen in itertools.combinations(FACTORS, size):
            products = [1] * 16
            for factor in chosen:
                products = [a * b for a, b in zip(products, columns[factor])]
            assert sum(products) == 0, chosen


def test_full_takes_every_set_of_layers() -> None:
    full = {slug_of(variant) for variant in variants_of("full")}
    axes = read_axes()
    for layout, front, layers in itertools.product(axes["layout"], axes["front"], axes["layers"]):
        assert f"{layout}-{front}-{layers}-fine" in full
    for chosen in ("quick", "default", "misuse", "units", "blackbox"):
        assert {slug_of(variant) for variant in variants_of(chosen)} <= full
    assert all(words[1] in SETS for words in read_matrix() if words[0] == "take")
