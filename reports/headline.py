"""A session in few words: its title, the sentence that sums it up, the verdict on a ratio. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from reports import units
from reports.detection import Detection
from reports.stats import Estimate
from reports.summary import DEFAULT, PEER, VARIANT, Summary


@dataclass(frozen=True)
class Verdict:
    word: str
    mark: str  # a CSS class: good, bad or even


def verdict_of(ratio: Estimate | None) -> Verdict:
    if ratio is None:
        return Verdict("no comparison", "even")
    if not ratio.trusted:
        return Verdict("too few repeats to tell", "even")
    if ratio.low > 1:
        return Verdict("faster", "good")
    if ratio.high < 1:
        return Verdict("slower", "bad")
    return Verdict("no difference seen", "even")


def title_of(summary: Summary, detection: Detection | None) -> str:
    if summary.paired:
        first = next(workload for workload in summary.workloads if workload.paired)
        sides = [row.label.removeprefix(side) for side, row in (
            ("A: ", first.default), ("B: ", first.best_peer)) if row]
        if len(sides) == 2 and sides[0] == sides[1]:
            return f"{sides[0]} against itself"
        return " against ".join(sides) if len(sides) == 2 else "A comparison of two"
    kinds = [line.kind for line in summary.ledger if line.counts.done]
    peers, variants = kinds.count(PEER), kinds.count(VARIANT) + kinds.count(DEFAULT)
    if peers and variants:
        return f"hakmem against {_count(peers, 'peer')}"
    if detection and not summary.workloads:
        return "Misuse of memory, and what hakmem sees of it"
    number = variants or len({line.label for line in summary.ledger if line.counts.done})
    return _count(number, "variant") + " of hakmem" if variants else _count(number, "allocator")


def sentence_of(summary: Summary, detection: Detection | None = None) -> str:
    """The whole report in one sentence."""
    clauses = []
    if summary.workloads:
        ratios = [workload.default.ratio for workload in summary.workloads
                  if workload.default and workload.default.ratio]
        clauses = [_speed_clause(ratios, summary), _safety_clause(summary)]
    if detection:
        clauses.append(f"{detection.held} of {detection.predicted} predictions on misuse held")
    text = "; ".join(clauses) or "Nothing was measured"
    return text[0].upper() + text[1:] + "."


def _speed_clause(ratios: list[Estimate], summary: Summary) -> str:
    own, other = ("A", "B") if summary.paired else ("hakmem’s release default", "the best peer")
    number = len(summary.workloads)
    if not ratios:
        both = "A and B" if summary.paired else "the release default and a peer"
        return f"no workload has numbers of both {both}"
    total = _count(number, "workload")
    if len(ratios) < number:
        total = f"{len(ratios)} of {total}"
    if not all(ratio.trusted for ratio in ratios):
        return (f"{own} reaches {_span(ratios)} × the throughput of {other} on {total}, from too "
                "few repeats for 95\u00a0% intervals")
    words = [verdict_of(ratio).word for ratio in ratios]
    told = [f"{phrase} {number}" for phrase, number in (
        ("faster on", words.count("faster")), ("slower on", words.count("slower")),
        ("not to be told apart on", words.count("no difference seen"))) if number]
    against = f"{other} on {total}" if summary.paired else f"{other} of each of {total}"
    return f"against {against}, {own} is {_listed(told)}"


def _span(ratios: list[Estimate]) -> str:
    texts = [units.ratio_text(value) for value in sorted(ratio.value for ratio in ratios)]
    return texts[0] if texts[0] == texts[-1] else f"{texts[0]} to {texts[-1]}"


def _listed(parts: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def _safety_clause(summary: Summary) -> str:
    counts = summary.counts
    if counts.bad:
        return f"{counts.bad} of {counts.judged} samples went wrong ({counts.bad_words})"
    bound = units.percent_text(min(1.0, 3 / max(counts.judged, 1)))
    return f"no crash or corruption in {counts.judged} samples (at most {bound} of runs)"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
