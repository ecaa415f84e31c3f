"""Makes sessions of which the truth is known: what each factor costs, and what each layer sees."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping

from reports.load.names import MATRIX_FILE, Names, read_names
from reports.tests.synthetic import Database

LAYERS = ("pin", "guard", "next", "freelist", "head")
# In percent of time per operation, of peak RSS, and as bytes of it: by what is on or chosen.
TIME = {"pin": 0.5, "guard": 0.0, "next": 1.5, "freelist": -0.5, "head": 4.0, "headered": 2.0,
        "cache": -3.0, "c8": 6.0, "0": 0.2}
RSS = {"head": 1.0, "headered": 3.0, "c8": 12.0}
WORKLOADS = {"ws8192": (14.0, 9_000_000), "cfrac": (9.0, 5_000_000), "sh8bench": (22.0, 40_000_000),
             "larson": (31.0, 21_000_000)}  # ns per operation, peak RSS in bytes


def matrix_variants(chosen: str = "default") -> list[str]:
    """The names of what a set of the matrix file takes, the release default first."""
    names = read_names()
    axes = {axis.name: [*axis.values, *("+".join(some) for size in range(1, len(axis.parts))
                                        for some in itertools.combinations(axis.parts, size))]
            for axis in names.axes}
    found = ["hakmem"]
    for line in MATRIX_FILE.read_text(encoding="utf-8").splitlines():
        if line.split()[:2] != ["take", chosen]:
            continue
        taken = dict(word.split("=") for word in line.split()[2:])
        offers = [(values if taken[axis] == "*" else taken[axis].split("|")) if axis in taken
                  else values[:1] for axis, values in axes.items()]
        found += [allocator_name(dict(zip(axes, picked, strict=True)), names)
                  for picked in itertools.product(*offers)]
    return list(dict.fromkeys(found))


def allocator_name(values: Mapping[str, str], names: Names) -> str:
    changed = [f"{axis.name}={values[axis.name]}" for axis in names.axes
               if values[axis.name] != axis.values[0]]
    return "hakmem:" + ",".join(changed) if changed else "hakmem"


def factor_sum(allocator: str, costs: Mapping[str, float], names: Names) -> float:
    """Of the logs of what is on in the variant."""
    values = names.variant(allocator)
    assert values is not None
    chosen = [part for axis in names.axes for part in (
        axis.parts_in(values[axis.name]) if axis.parts else [values[axis.name]])]
    return sum(math.log1p(costs.get(word, 0.0) / 100) for word in chosen)


def add_factorial(database: Database, variants: Iterable[str], noise: float = 0.01,
                  time: Mapping[str, float] | None = None, workloads: Iterable[str] = WORKLOADS,
                  drift: float = 0.05) -> None:
    """A sample a block and cell; every block is slower than the last by `drift`."""
    names = read_names()
    for workload in workloads:
        ns, rss = WORKLOADS[workload]
        for allocator in variants:
            cell = database.add_cell(allocator, workload)
            cost = factor_sum(allocator, TIME if time is None else time, names)
            memory = rss * math.exp(factor_sum(allocator, RSS, names))
            for block in range(database.blocks):
                noisy = ns * math.exp(cost + drift * block + database.random.gauss(0, noise))
                database.add_sample(
                    cell, block, ops=10_000_000, elapsed_ns=round(noisy * 1e7),
                    peak_rss=round(memory * math.exp(database.random.gauss(0, noise / 10))))


# --- misuse --------------------------------------------------------------------------------------

# id, group, title, verdict without a detector, detectors: the first that is there reports
CASES = (
    ("1a", 1, "link of a listed block -> unmapped", "crashed", ("next", "head")),
    ("1b", 1, "the same in C0", "crashed", ("next", "head")),
    ("5a", 5, "first link of a slab's list -> unmapped", "crashed", ("freelist", "next", "head")),
    ("6", 6, "1 byte over a free block's header", "silent-benign", ("head",)),
    ("10a", 10, "free twice, at once", "silent-corrupt", ("head",)),
    ("10c", 10, "free in one thread, then in another", "silent-corrupt", ("head", "freelist")),
    ("11c", 11, "free of a page, the one before unmapped", "", ("registry",)),
    ("13a", 13, "slab looks empty: its count overwritten", "silent-corrupt", ("guard",)),
    ("17b", 17, "write after free, beyond 8 bytes", "silent-benign", ()),
)
TAGS = {"next": "TLS_SLL_NEXT_INVALID", "head": "DOUBLE_FREE", "freelist": "FREELIST_INVALID",
        "registry": "FREE_UNKNOWN", "guard": "RELEASE_DEFERRED"}


def add_misuse(database: Database, variants: Iterable[str], wrong: tuple[str, str] = ("", ""),
               ) -> None:
    """As predicted, but for the case and allocator of `wrong`, which crashes."""
    names = read_names()
    for allocator in variants:
        values = names.variant(allocator)
        assert values is not None
        axis = next(axis for axis in names.axes if axis.parts)
        layers = (*axis.parts_in(values["layers"]), "registry")
        for id, group, title, without, detectors in CASES:
            verdict, layer = without, next((one for one in detectors if one in layers), None)
            if layer == "guard" and "pin" not in layers:
                layer = None
            if layer:
                verdict = "prevented" if layer == "guard" else "diagnosed"
            elif id == "10c" and values["front"] == "cache":
                verdict = "crashed"
            if id == "6" and values["layout"] == "headerless":
                verdict, layer = "not-applicable", None
            was = {"verdict": verdict, "layer": layer, "tag": TAGS.get(layer or "")}
            held = (id, allocator) != wrong
            if not held:
                was = {"verdict": "crashed", "layer": None, "tag": None}
            database.insert(
                "misuse", session_id=database.session, allocator=allocator, case_id=id,
                case_group=group, title=title, **was, report_count=int(layer is not None),
                signal=11 if was["verdict"] == "crashed" else None, predicted_verdict=verdict,
                predicted_layer=layer, predicted_tag=TAGS.get(layer or ""), held=int(held),
                reason=None if held else "signal 11, SIGSEGV")
