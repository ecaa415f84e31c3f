"""Every case of misuse under every set of layers: who reports it, and as what.

The runner does the work, in processes that prove what they ran on; here stands what must be true.
What is expected of each case is misuse/predicted.txt.
"""
from __future__ import annotations

import json
import os
import subprocess

import pytest

from ci.surroundings import SECONDS_MAX

from .conftest import ROOT, read_axes

pytestmark = pytest.mark.xdist_group("misuse")

LAYERS = ("pin", "guard", "next", "freelist", "head")
LIMITS = 17  # the group of what nobody sees


def axis(name: str) -> list[str]:
    return read_axes()[name]


# None, each alone, each left out, all: so that it shows what each is there for.
LAYER_SETS = ["off", *LAYERS, *("+".join(kept for kept in LAYERS if kept != layer)
                                for layer in LAYERS), "all"]


def name_of(layout: str, front: str, layers: str) -> str:
    return f"hakmem:layout={layout},front={front},layers={layers}"


BUILDS = [(layout, front) for layout in axis("layout") for front in axis("front")]
DEFAULTS = {key: axis(key)[0] for key in ("layout", "front", "layers")}


def canonical(layout: str, front: str, layers: str) -> str:
    """The name as it is stored: without the keys that are as in the release."""
    pairs = [("layout", layout), ("front", front), ("layers", layers)]
    changed = ",".join(f"{k}={v}" for k, v in pairs if v != DEFAULTS[k])
    return f"hakmem:{changed}" if changed else "hakmem"


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, dict]]:
    """By allocator, then by case."""
    folder = tmp_path_factory.mktemp("misuse")
    done = subprocess.run([ROOT / "build/hakbench", "misuse", "--json", "--results", folder],
                          env={**os.environ, "HAKBENCH_LOCK": str(folder / "lock")},
                          capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
    assert done.returncode in (0, 4), done.stderr
    found: dict[str, dict[str, dict]] = {}
    for outcome in json.loads(done.stdout)["outcomes"]:
        found.setdefault(outcome["allocator"], {})[outcome["case"]] = outcome
    return found


def told(outcome: dict) -> str:
    meant = [outcome[f"predicted_{key}"] for key in ("verdict", "layer", "tag")]
    was = [outcome[key] for key in ("verdict", "layer", "tag", "reason")]
    return f"{outcome['case']} ({outcome['title']}): predicted {meant}, was {was}"


@pytest.mark.parametrize("layers", LAYER_SETS)
@pytest.mark.parametrize(("layout", "front"), BUILDS)
def test_every_case_is_as_predicted(outcomes, layout: str, front: str, layers: str) -> None:
    cases = outcomes.get(canonical(layout, front, layers))
    assert cases, f"{name_of(layout, front, layers)} is not built: make"
    wrong = [told(outcome) for outcome in cases.values() if not outcome["held"]]
    if wrong:
        again = f"build/hakbench misuse --allocators {name_of(layout, front, layers)}"
        pytest.fail("\n".join([*wrong, f"again: {again}"]), pytrace=False)


def test_no_group_is_forgotten(outcomes) -> None:
    groups = {outcome["group"] for cases in outcomes.values() for outcome in cases.values()}
    assert groups == set(range(1, LIMITS + 1))


@pytest.mark.parametrize(("layout", "front"), BUILDS)
@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_sees_what_is_not_seen_without_it(outcomes, layout, front, layer) -> None:
    """guard acts on pin's counts, so alone it has nothing to act on."""
    bare = outcomes[canonical(layout, front, "off")]
    alone = outcomes[canonical(layout, front, layer)]
    seen = {case for case, outcome in alone.items()
            if outcome["layer"] == layer and bare[case]["layer"] is None}
    assert bool(seen) == (layer != "guard")


@pytest.mark.parametrize(("layout", "front"), BUILDS)
def test_with_all_layers_only_the_limits_go_unseen(outcomes, layout: str, front: str) -> None:
    cases = outcomes[canonical(layout, front, "all")]
    unseen = {case for case, outcome in cases.items()
              if outcome["verdict"] in ("crashed", "hung", "silent-corrupt", "missed-run")}
    assert unseen <= {case for case, outcome in cases.items() if outcome["group"] == LIMITS}
