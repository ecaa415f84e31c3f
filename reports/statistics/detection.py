"""What each set of layers sees: outcomes of the misuse suite, as a matrix of cases and layer sets.

A cell holds what happened in every build of that layer set (layout by front): one outcome where all
builds agree, else one for each, with the builds that it is of. Pure.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports.load.names import Names
from reports.load.records import Misuse, Results

SEEN = ("diagnosed", "prevented")
SHOWN_MAX = 5  # allocators of a miss; the file has all


@dataclass(frozen=True)
class Verdict:
    """How a verdict is shown: symbols differ in shape, so that none needs its colour."""

    symbol: str
    word: str  # in a cell; of what a layer reported that layer's name stands there
    meaning: str
    mark: str  # a CSS class: good, bad or dim


VERDICTS = {
    "diagnosed": Verdict("●", "", "reported before any harm, by the layer named; registry, drain "
                         "and the like are in every build", "good"),
    "prevented": Verdict("◐", "", "put off so that no harm was done, by the layer named", "good"),
    "crashed": Verdict("✕", "crash", "ended by a signal, whatever was reported before", "bad"),
    "hung": Verdict("∞", "hung", "did not end", "bad"),
    "silent-corrupt": Verdict("▲", "corrupt", "wrong data, and nobody reported it", "bad"),
    "silent-benign": Verdict("○", "benign", "nobody reported it, and no data was wrong", "dim"),
    "not-applicable": Verdict("–", "n/a", "cannot be done to this build", "dim"),
    "missed-run": Verdict("?", "no run", "did not run as it was meant, so nothing is known", "bad"),
}


@dataclass(frozen=True)
class Outcome:
    """What happened alike in some builds. `where` names them when others differ."""

    verdict: Verdict
    word: str
    where: str
    held: bool  # in all of them
    predicted: str  # what was, where it did not hold


@dataclass(frozen=True)
class Case:
    id: str
    title: str
    starts_group: bool
    cells: tuple[tuple[Outcome, ...], ...]  # by layer set


@dataclass(frozen=True)
class LayerSet:
    title: str
    group: str
    seen: int
    crashed: int
    corrupt: int
    benign: int

    @property
    def done(self) -> int:
        return self.seen + self.crashed + self.corrupt + self.benign


@dataclass(frozen=True)
class Miss:
    """Outcomes that are not as predicted, or did not run, alike in some allocators."""

    case_id: str
    title: str
    predicted: str
    was: str
    reason: str  # of the first allocator
    labels: tuple[str, ...]

    @property
    def where(self) -> str:
        """As many allocators as a line holds."""
        shown = "; ".join(self.labels[:SHOWN_MAX])
        more = len(self.labels) - SHOWN_MAX
        return f"{shown} and {more} more" if more > 0 else shown


@dataclass(frozen=True)
class Detection:
    layer_sets: tuple[LayerSet, ...]
    cases: tuple[Case, ...]
    builds: tuple[str, ...]
    verdicts: tuple[Verdict, ...]  # that occur
    held: int
    predicted: int
    misses: tuple[Miss, ...]

    @property
    def groups(self) -> list[tuple[str, int]]:
        """Headings over the layer sets, and over how many of them each stands."""
        return [(title, len(list(found))) for title, found in
                itertools.groupby(chosen.group for chosen in self.layer_sets)]


def find_detection(results: Results, names: Names) -> Detection | None:
    """None when the session ran no case of misuse on a variant that the matrix file knows."""
    placed: dict[tuple[tuple[str, ...], str, str], Misuse] = {}
    for misuse in results.misuse:
        values = names.variant(misuse.allocator)
        if values is not None:
            placed[_layers(names, values), misuse.case_id, _build(names, values)] = misuse
    if not placed:
        return None
    parts = tuple(part for axis in names.axes for part in axis.parts)
    sets = sorted({key[0] for key in placed}, key=lambda chosen: _set_rank(chosen, parts))
    builds = list(dict.fromkeys(key[2] for key in placed))
    first = {misuse.case_id: misuse for misuse in reversed(results.misuse)}
    ids = list(dict.fromkeys(misuse.case_id for misuse in results.misuse))
    ids.sort(key=lambda id: (first[id].case_group, id))
    cases = []
    for number, id in enumerate(ids):
        cells = tuple(_cell({build: placed[chosen, id, build] for build in builds
                             if (chosen, id, build) in placed}) for chosen in sets)
        cases.append(Case(id, first[id].title, number > 0 and first[id].case_group !=
                          first[ids[number - 1]].case_group, cells))
    occur = {misuse.verdict for misuse in placed.values()}
    return Detection(
        layer_sets=tuple(_layer_set(chosen, parts, [misuse for key, misuse in placed.items()
                                                    if key[0] == chosen]) for chosen in sets),
        cases=tuple(cases), builds=tuple(builds),
        verdicts=tuple(shown for verdict, shown in VERDICTS.items() if verdict in occur),
        held=sum(misuse.held == 1 for misuse in results.misuse),
        predicted=sum(misuse.held is not None or misuse.verdict == "missed-run"
                      for misuse in results.misuse),
        misses=_misses(results.misuse, names))


def _layers(names: Names, values: dict[str, str]) -> tuple[str, ...]:
    return tuple(part for axis in names.axes if axis.parts
                 for part in axis.parts_in(values[axis.name]))


def _build(names: Names, values: dict[str, str]) -> str:
    """Layout and front always; of the other axes only what differs from the default."""
    return " ".join(values[axis.name] for axis in names.axes if not axis.parts and (
        axis.name in ("layout", "front") or values[axis.name] != axis.values[0]))


def _set_rank(chosen: tuple[str, ...], parts: tuple[str, ...]) -> tuple[object, ...]:
    """None, each alone, each left out, all, others; in the order of the layers."""
    groups = {0: 0, 1: 1, len(parts) - 1: 2, len(parts): 3}
    rank = groups.get(len(chosen), 4)
    missing = [parts.index(part) for part in parts if part not in chosen]
    return (rank, missing if rank == 2 else [parts.index(part) for part in chosen])


def _layer_set(chosen: tuple[str, ...], parts: tuple[str, ...],
               misuses: Sequence[Misuse]) -> LayerSet:
    rank = _set_rank(chosen, parts)[0]
    left_out = [part for part in parts if part not in chosen]
    title = {0: "no layer", 2: f"no {' '.join(left_out)}", 3: "all"}.get(rank, "+".join(chosen))
    group = {1: "one layer alone", 2: "one left out", 4: "others"}.get(rank, "")

    def count(*verdicts: str) -> int:
        return sum(misuse.verdict in verdicts for misuse in misuses)
    return LayerSet(str(title), group, count(*SEEN), count("crashed", "hung"),
                    count("silent-corrupt"), count("silent-benign"))


def _cell(misuses: dict[str, Misuse]) -> tuple[Outcome, ...]:
    """Builds to which a case cannot be done stand aside where it can be to others."""
    alike: dict[tuple[str, str | None, bool], list[str]] = {}
    for build, misuse in misuses.items():
        alike.setdefault((misuse.verdict, misuse.layer, misuse.held != 0), []).append(build)
    if len(alike) > 1:
        alike = {key: builds for key, builds in alike.items() if key[0] != "not-applicable"}
    outcomes = []
    for (verdict, layer, held), builds in alike.items():
        shown = VERDICTS[verdict]
        own = [misuses[build] for build in builds]
        outcomes.append(Outcome(
            verdict=shown, word=shown.word or layer or "", held=held,
            where="" if len(builds) == len(misuses) else _where(builds, list(misuses)),
            predicted="" if held else ", ".join(dict.fromkeys(map(_predicted_short, own)))))
    return tuple(outcomes)


def _where(builds: Sequence[str], every: Sequence[str]) -> str:
    """By one word where that tells exactly these of all builds: "headered", "cache"."""
    for word in dict.fromkeys(word for build in every for word in build.split()):
        if [build for build in every if word in build.split()] == list(builds):
            return word
    others = [build for build in every if build not in builds]
    return f"not {others[0]}" if len(others) == 1 else ", ".join(builds)


def told(misuse: Misuse) -> str:
    """diagnosed by head, DOUBLE_FREE"""
    return _text(misuse.verdict, misuse.layer, misuse.tag)


def predicted_text(misuse: Misuse) -> str:
    if misuse.predicted_verdict is None:
        return "nothing predicted"
    return _text(misuse.predicted_verdict, misuse.predicted_layer, misuse.predicted_tag)


def _predicted_short(misuse: Misuse) -> str:
    """As a cell would show it: a layer or a word, or that only the tag is another one."""
    if misuse.predicted_verdict is None:
        return "nothing predicted"
    if (misuse.predicted_verdict, misuse.predicted_layer) == (misuse.verdict, misuse.layer):
        return "tag"
    return VERDICTS[misuse.predicted_verdict].word or misuse.predicted_layer or ""


def _text(verdict: str, layer: str | None, tag: str | None) -> str:
    return f"{verdict} by {layer}" + (f", {tag}" if tag else "") if layer else verdict


def _misses(misuses: Iterable[Misuse], names: Names) -> tuple[Miss, ...]:
    groups: dict[tuple[str, str, str, str], list[Misuse]] = {}
    for misuse in misuses:
        if misuse.held == 0 or misuse.verdict == "missed-run":
            key = (misuse.case_id, misuse.title, predicted_text(misuse), told(misuse))
            groups.setdefault(key, []).append(misuse)
    return tuple(Miss(*key, found[0].reason or "", tuple(
        names.label(misuse.allocator) for misuse in found)) for key, found in groups.items())
