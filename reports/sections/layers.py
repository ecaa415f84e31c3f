"""The sections on what layers cost and on what they see: what the templates show, and files."""

from __future__ import annotations

import math
from dataclasses import fields
from pathlib import Path

from reports.figures.charts import Chart, Table, csv_text, publish, write_csv
from reports.figures.effects import TITLE, effects_figure, factor_figure, shown_rows
from reports.load.names import DEFAULT_ALLOCATOR
from reports.load.records import Misuse
from reports.statistics import units
from reports.statistics.detection import Detection
from reports.statistics.effects import Effects, Pair, WorkloadEffects
from reports.statistics.estimates import Estimate
from reports.statistics.leastsquares import Effect, Fit

EFFECTS_CSV, MISUSE_CSV = "effects.csv", "misuse.csv"
MISUSE_COLUMNS = tuple(field.name for field in fields(Misuse))


def effects_view(effects: Effects, folder: Path) -> dict[str, object]:
    """Variables of effects.html.j2; the figure and the table are also left in `folder`."""
    pairs = shown_pairs(effects)
    if effects.factors:
        write_csv(folder / EFFECTS_CSV, *effects_table(effects))
    return {"effects": effects, "pairs": pairs, "rows": shown_rows(effects),
            "effects_csv": EFFECTS_CSV,
            "effects_chart": _chart(effects, folder) if effects.separable else None,
            "direct_sentence": direct_sentence(pairs) if pairs else "",
            "freedom_sentence": freedom_sentence(effects), "blocks_text": _blocks_text(effects)}


def detection_view(detection: Detection | None, misuse: tuple[Misuse, ...],
                   folder: Path) -> dict[str, object]:
    """Variables of detection.html.j2; every outcome is also left in `folder`."""
    if misuse:
        write_csv(folder / MISUSE_CSV, MISUSE_COLUMNS, (
            [getattr(one, column) for column in MISUSE_COLUMNS] for one in misuse))
    return {"detection": detection, "misuse_csv": MISUSE_CSV}


def shown_pairs(effects: Effects) -> list[Pair]:
    """Those that differ by layout and front only; the others are in the file."""
    plain = [pair for pair in effects.pairs if len(pair.title.split()) <= 2]
    return plain or list(effects.pairs)


def direct_sentence(pairs: list[Pair]) -> str:
    """Of the release default, or of the build that comes first."""
    pair = next((pair for pair in pairs if pair.without == DEFAULT_ALLOCATOR), pairs[0])
    build = "the release default" if pair.without == DEFAULT_ALLOCATOR else pair.title
    worst = pair.worst(pair.time)
    if pair.mean_time is None or worst is None:
        return f"All layers on cannot be compared with {build} without: too few samples are usable."
    parts = [f"All five layers cost {build} {_change(pair.mean_time)} time per operation by "
             f"geometric mean over {_count(len(pair.time), 'workload')}"]
    if len(pair.time) > 1:
        parts.append(f" and {_change(worst[1])} on the worst, {worst[0]}")
    heaviest = pair.worst(pair.rss)
    if pair.mean_rss and heaviest:
        parts.append(f"; peak RSS {_change(pair.mean_rss)}")
        if len(pair.rss) > 1:
            parts.append(f", at most {_change(heaviest[1])} on {heaviest[0]}")
    return "".join(parts) + "."


def freedom_sentence(effects: Effects) -> str:
    """What the intervals are made of."""
    fits = _fits(effects)
    freedom = [fit.freedom for fit in fits]
    if not fits or max(freedom) == 0:
        return ("There are as many parameters as variants, so no degree of freedom is left for an "
                "interval: measure the default matrix.")
    return ("A variant counts once, by its mean over the blocks, because two runs of one build "
            "share what is peculiar to it: intervals come from the scatter of variants and have "
            f"{units.span_text(freedom)} degrees of freedom (variants − parameters).")


def _fits(effects: Effects) -> list[Fit]:
    return [row.time for row in (*effects.workloads, effects.mean) if row.time]


def _blocks_text(effects: Effects) -> str:
    blocks = [fit.blocks for fit in _fits(effects)] or [0]
    return f"{units.span_text(blocks)} {'block' if max(blocks) == 1 else 'blocks'}"


def _change(ratio: Estimate) -> str:
    return f"{units.change_text(ratio.value)} ({units.change_interval(ratio)})"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _chart(effects: Effects, folder: Path) -> Chart:
    """Its file of numbers is the one of all effects."""
    mean = effects.mean.time or next(row.time for row in effects.workloads if row.time)
    told = ", ".join(f"{factor.title} {units.effect_text(mean.effects[factor])}"
                     for factor in effects.separable if factor in mean.effects)
    return publish(folder, Path(EFFECTS_CSV).stem, TITLE,
                   f"Over all workloads: {told}. The numbers are in the tables below.",
                   effects_figure(effects),
                   {f"factor-{number}": factor_figure(effects, factor)
                    for number, factor in enumerate(effects.separable)}, effects_table(effects))


# --- files ---------------------------------------------------------------------------------------

def effects_csv(effects: Effects) -> str:
    return csv_text(*effects_table(effects))


def effects_table(effects: Effects) -> Table:
    """Main effects and pairs; percent, or bytes where the unit says so."""
    head = ("kind", "workload", "quantity", "factor", "instead_of", "effect", "low", "high", "unit",
            "n", "freedom")
    rows = [row for found in (*effects.workloads, effects.mean) for row in _main_rows(found)]
    return head, rows + [row for pair in effects.pairs for row in _pair_rows(pair)]


def _main_rows(found: WorkloadEffects) -> list[list[object]]:
    rows: list[list[object]] = []
    for quantity, fit in (("time", found.time), ("peak_rss", found.rss),
                          ("peak_rss", found.rss_bytes)):
        unit = "bytes" if fit is found.rss_bytes else "percent"
        for factor, effect in fit.effects.items() if fit else ():
            rows.append(["main effect", found.workload or "geometric mean", quantity, factor.title,
                         factor.instead_of, *_ends(effect, unit), unit, fit.variants, fit.freedom])
    return [row for row in rows if row[8] == "percent" or found.workload]


def _ends(effect: Effect, unit: str) -> list[str]:
    values = [effect.value, *((effect.value - effect.half, effect.value + effect.half)
                              if effect.half is not None else (None, None))]
    if unit == "bytes":
        return ["" if value is None else f"{value:.0f}" for value in values]
    return ["" if value is None else f"{100 * math.expm1(value):.3f}" for value in values]


def _pair_rows(pair: Pair) -> list[list[object]]:
    rows: list[list[object]] = []
    for quantity, ratios, mean in (("time", pair.time, pair.mean_time),
                                   ("peak_rss", pair.rss, pair.mean_rss)):
        for workload, ratio in (*ratios.items(), ("geometric mean", mean)):
            if ratio:
                ends = [f"{100 * (end - 1):.3f}" for end in (ratio.value, ratio.low, ratio.high)]
                rows.append(["all layers, paired", workload, quantity, pair.title, "no layers",
                             *ends, "percent", ratio.n, ""])
    return rows
