"""What the allocators and workload rows are called: the one place that makes labels.

Read from allocator/variants/matrix.txt and workloads/workloads.txt, the lists that the build and
the runner use too. A label tells only what differs from the release default: the values of layout,
front and geometry and the names of layers speak for themselves, the others keep their key
("headered cache pin+next prewarm=0").
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MATRIX_FILE = ROOT / "allocator" / "variants" / "matrix.txt"
WORKLOADS_FILE = ROOT / "workloads" / "workloads.txt"

DEFAULT_ALLOCATOR = "hakmem"
DEFAULT_LABEL = "hakmem (default)"
VARIANT_PREFIX = DEFAULT_ALLOCATOR + ":"
SELF_EXPLAINING_AXES = frozenset({"layout", "front", "geometry"})
LONGEST_LABEL = 36


class NamesError(Exception):
    """A list file cannot be used; the message is complete and fits one line."""


@dataclass(frozen=True)
class Axis:
    """Of an axis with parts the first value has none of them, the second all; any choice of them,
    joined by '+', is a value, too."""

    name: str
    values: tuple[str, ...]  # the release default first
    parts: tuple[str, ...] = ()

    def parts_in(self, value: str) -> tuple[str, ...]:
        if value in self.values:
            return self.parts if value != self.values[0] else ()
        return tuple(value.split("+"))


@dataclass(frozen=True)
class Peer:
    name: str
    package: str | None  # of Debian; None for what is always there


@dataclass(frozen=True)
class Names:
    axes: tuple[Axis, ...]  # in the order of the matrix file
    peers: tuple[Peer, ...]
    about: dict[str, str]  # workload row -> one sentence

    def label(self, allocator: str) -> str:
        """Short and readable; unique as long as the allocator names are."""
        if allocator == DEFAULT_ALLOCATOR:
            return DEFAULT_LABEL
        if allocator.startswith(VARIANT_PREFIX):
            return self._variant_label(allocator[len(VARIANT_PREFIX):])
        if "/" in allocator:
            return _shortened(allocator)
        return allocator

    def _variant_label(self, pairs: str) -> str:
        words = []
        for pair in pairs.split(","):
            key, _, value = pair.partition("=")
            axis = next((axis for axis in self.axes if axis.name == key and axis.parts), None)
            if axis and value not in axis.values[:1]:
                words.append(_parts_label(axis, value))
            else:
                words.append(value if key in SELF_EXPLAINING_AXES else pair)
        return " ".join(words)

    def is_peer(self, allocator: str) -> bool:
        return any(peer.name == allocator for peer in self.peers)

    def is_hakmem(self, allocator: str) -> bool:
        return allocator == DEFAULT_ALLOCATOR or allocator.startswith(VARIANT_PREFIX)

    def variant(self, allocator: str) -> dict[str, str] | None:
        """The value of each axis; None for what is no hakmem or has a key that no axis has."""
        if not self.is_hakmem(allocator):
            return None
        values = {axis.name: axis.values[0] for axis in self.axes}
        for pair in filter(None, allocator[len(VARIANT_PREFIX):].split(",")):
            key, _, value = pair.partition("=")
            if key not in values:
                return None
            values[key] = value
        parted = (axis for axis in self.axes if axis.parts)
        if any(set(axis.parts_in(values[axis.name])) - set(axis.parts) for axis in parted):
            return None
        return values

    def has_some_parts(self, allocator: str) -> bool:
        """Whether the variant has some layers but not all."""
        values = self.variant(allocator)
        return values is not None and any(
            axis.parts and values[axis.name] not in axis.values for axis in self.axes)

    def install_hint(self, allocator: str) -> str | None:
        for peer in self.peers:
            if peer.name == allocator and peer.package:
                return f"apt-get install {peer.package}"
        return None

    def default_variant(self) -> str:
        return ", ".join(f"{axis.name} = {axis.values[0]}" for axis in self.axes)


def short_label(label: str) -> str:
    """For a figure, in which its colour says that it is the default."""
    return DEFAULT_ALLOCATOR if label == DEFAULT_LABEL else label


def _parts_label(axis: Axis, value: str) -> str:
    """all layers, all layers but head, pin+next"""
    missing = [part for part in axis.parts if part not in axis.parts_in(value)]
    if len(missing) > 1:
        return value
    return " ".join([f"all {axis.name}", *(f"but {part}" for part in missing)])


def _shortened(path: str) -> str:
    if len(path) <= LONGEST_LABEL:
        return path
    return "…" + path[-(LONGEST_LABEL - 1):]


def read_names(matrix: Path = MATRIX_FILE, workloads: Path = WORKLOADS_FILE) -> Names:
    axes: list[Axis] = []
    peers: list[Peer] = []
    for number, words in _lines(matrix):
        if words[0] == "axis" and len(words) >= 4:
            axes.append(Axis(words[1], tuple(words[3:])))
        elif words[0] == "peer" and len(words) == 4:
            peers.append(Peer(words[1], None if words[3] == "-" else words[3]))
        elif words[0] == "parts" and len(words) >= 4 and words[1] in {axis.name for axis in axes}:
            axes = [replace(axis, parts=tuple(words[2:])) if axis.name == words[1] else axis
                    for axis in axes]
        elif words[0] in ("axis", "parts", "peer"):
            raise NamesError(f"{matrix}:{number}: too few words after `{words[0]}`: "
                             "see the comment above the first one")
    about = {words[0]: " ".join(words[2:])
             for _, words in _lines(workloads) if len(words) > 2 and words[1] == "about"}
    return Names(tuple(axes), tuple(peers), about)


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise NamesError(f"cannot read {path}: {error.strerror}: "
                         "run from a complete work tree") from error
    lines = ((number, line.split("#")[0].split())
             for number, line in enumerate(text.splitlines(), 1))
    return [(number, words) for number, words in lines if words]
