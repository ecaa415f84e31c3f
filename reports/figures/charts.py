"""A chart as it is published: inside the page, as SVG and PNG files, and its numbers as CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup
from matplotlib.figure import Figure

from reports.figures.canvas import draw_svg, inline_svg, save_png, svg_in_page, svg_on_paper

Table = tuple[tuple[str, ...], Iterable[Iterable[object]]]  # head and rows


@dataclass(frozen=True)
class Chart:
    """`stem` names the files beside the page and is unique there."""

    stem: str
    title: str
    wide: Markup
    narrow: tuple[Markup, ...]

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        return tuple((kind.upper(), f"{self.stem}.{kind}") for kind in ("svg", "png", "csv"))


def publish(folder: Path, stem: str, title: str, about: str, wide: Figure,
            narrow: Mapping[str, Figure], table: Table) -> Chart:
    """`about` tells a reader who cannot see the chart what it says; `narrow` are its parts for a
    narrow page, by a word that tells them apart."""
    save_png(wide, folder / f"{stem}.png")
    drawn = draw_svg(wide)
    (folder / f"{stem}.svg").write_text(svg_on_paper(drawn, wide), encoding="utf-8")
    write_csv(folder / f"{stem}.csv", *table)
    text = f"{title}. {about}"
    parts = tuple(Markup(inline_svg(figure, f"{stem}-{word}", f"{word}: {text}"))
                  for word, figure in narrow.items())
    return Chart(stem, title, Markup(svg_in_page(drawn, wide, f"chart-{stem}", text)), parts)


def file_stem(*words: str) -> str:
    """A name for files and ids made of any text."""
    return re.sub(r"[^0-9A-Za-z-]+", "-", "-".join(words)).strip("-")[:100] or "chart"


def write_csv(path: Path, head: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    path.write_text(csv_text(head, rows), encoding="utf-8")


def csv_text(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return stream.getvalue()
