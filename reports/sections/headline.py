"""A session in few words: its title, the sentence that sums it up, the verdict on a ratio. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reports.statistics import units
from reports.statistics.detection import Detection
from reports.statistics.estimates import Estimate
from reports.statistics.kinds import DEFAULT, PEER, TOTAL, VARIANT
from reports.statistics.micro import WORKLOAD, Family
from reports.statistics.programs import ProgramRows
from reports.statistics.summary import Summary


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
        return _paired_title(summary)
    kinds = [line.kind for line in summary.ledger if line.counts.done]
    peers, variants = kinds.count(PEER), kinds.count(VARIANT) + kinds.count(DEFAULT)
    if detection and not summary.workloads:
        return "Misuse of memory, and what hakmem sees of it"
    if peers and variants:
        who = f"hakmem against {_count(peers, 'peer')}"
    elif variants:
        who = f"{_count(variants, 'variant')} of hakmem"
    else:
        who = _count(len(kinds) - kinds.count(TOTAL), "allocator")
    what = _what(summary)
    return f"{what}: {who}" if what else who


def _what(summary: Summary) -> str:
    """What ran, where it was not the matrix."""
    session = summary.results.session
    if session.kind != "exec":
        return ""
    named = {"micro": "Micro-benchmarks", "soak": "Soak", "programs": "Whole programs",
             "import": "Imported benchmarks"}.get(session.mode or "")
    return named or (summary.workloads[0].command if summary.workloads else "")


def _paired_title(summary: Summary) -> str:
    first = next(workload for workload in summary.workloads if workload.paired)
    sides = [row.label.removeprefix(side) for side, row in (
        ("A: ", first.default), ("B: ", first.best_peer)) if row]
    if len(sides) < 2:
        return "A comparison of two"
    return f"{sides[0]} against {'itself' if sides[0] == sides[1] else sides[1]}"


def sentence_of(summary: Summary, detection: Detection | None = None,
                programs: tuple[ProgramRows, ...] = (), micro: tuple[Family, ...] = ()) -> str:
    """The whole report in one sentence. Speed is that of workloads, if there are any besides whole
    programs and micro-benchmarks, else of those."""
    clauses = []
    if summary.workloads:
        apart = {program.name for program in programs} | {WORKLOAD}
        workloads = [workload for workload in summary.workloads if workload.name not in apart]
        kinds = ((workloads, "workload", "throughput"), (programs, "program", "speed"),
                 ([benchmark for family in micro for benchmark in family.benchmarks],
                  "micro-benchmark", "speed"))
        rows, noun, quantity = next((kind for kind in kinds if kind[0]), kinds[0])
        ratios = {row.name: row.default.ratio if row.default else None for row in rows}
        clauses = [*_speed_clause(summary, ratios, noun, quantity), _safety_clause(summary)]
    if detection:
        clauses.append(f"{detection.held} of {detection.predicted} predictions on misuse held")
    text = "; ".join(clauses) or "Nothing was measured"
    if not text.startswith("hakmem"):  # a name stays as it is
        text = text[0].upper() + text[1:]
    return text + "."


def _speed_clause(summary: Summary, told: Mapping[str, Estimate | None], noun: str,
                  quantity: str) -> list[str]:
    """Nothing where there is nobody to compare with and nobody would look for it."""
    own, other = ("A", "B") if summary.paired else ("hakmem’s release default", "the best peer")
    ratios = [ratio for ratio in told.values() if ratio]
    if not ratios:
        both = "A and B" if summary.paired else "the release default and a peer"
        wanted = summary.results.session.kind != "exec"
        return [f"no {noun} has numbers of both {both}"] if wanted else []
    number = len(told)
    total = _count(number, noun)
    if len(ratios) < number:
        total = f"{len(ratios)} of {total}"
    if not all(ratio.trusted for ratio in ratios):
        return [f"{own} reaches {_span(ratios)} × the {quantity} of {other} on {total}, from too "
                "few repeats for 95\u00a0% intervals"]
    words = [verdict_of(ratio).word for ratio in ratios]
    if number == 1:
        word = {"no difference seen": "not to be told apart"}.get(words[0], words[0])
        (name,) = told
        return [f"{own} is {word}: {_span(ratios)} × the {quantity} of {other} on {name} "
                f"({units.ratio_text(ratios[0].low)}–{units.ratio_text(ratios[0].high)})"]
    parts = [f"{phrase} {count}" for phrase, count in (
        ("faster on", words.count("faster")), ("slower on", words.count("slower")),
        ("not to be told apart on", words.count("no difference seen"))) if count]
    against = f"{other} on {total}" if summary.paired else f"{other} of each of {total}"
    return [f"against {against}, {own} is {_listed(parts)} ({_span(ratios)} × the {quantity})"]


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
