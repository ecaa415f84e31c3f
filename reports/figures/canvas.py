"""The drawing surface: figures laid out in CSS pixels, and their way into a page or a file.

A figure is drawn once with the light colours below. Inside a page every colour becomes the CSS
variable of its role, so that the page's light and dark schemes repaint it; text stays text and
takes the page's font. Layout is measured with DejaVu Sans, wider than the system fonts that a
reader's browser puts in its place, so that a replacement never collides.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import cache, wraps
from html import escape
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox

STYLE_FILE = Path(__file__).resolve().parent / "report.mplstyle"
DOTS_PER_INCH = 72  # one unit of layout is one CSS pixel
PNG_SCALE, FILE_MARGIN = 2, 24

INK, MUTED, GRID = "#1b2127", "#5c6670", "#e3e6ea"
ACCENT, TINT, GREY, BAD = "#00738c", "#8fc4d0", "#b9c0c8", "#b3261e"
KEYS = [(ACCENT, "hakmem, default"), (TINT, "hakmem, variant"), (GREY, "peer")]
STROKE = "#8b959f"  # of thin lines, for which GREY is too faint
PAPER = "#ffffff"
CSS_ROLES = {INK: "ink", MUTED: "muted", GRID: "grid", ACCENT: "accent", TINT: "tint",
             GREY: "grey", STROKE: "stroke", BAD: "bad"}

SIZE_LABEL, SIZE_SMALL, SIZE_TITLE = 11.5, 10.5, 13.0


def styled(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """Makes a figure function draw in the style of report.mplstyle."""
    @wraps(draw)
    def draw_styled(*arguments: Any, **options: Any) -> Figure:
        with matplotlib.rc_context(fname=STYLE_FILE):
            return draw(*arguments, **options)
    return draw_styled


def new_figure(width: float, height: float) -> Figure:
    """Width and height in pixels. Belongs to no global state, so it needs no closing."""
    figure = Figure(figsize=(width / DOTS_PER_INCH, height / DOTS_PER_INCH), dpi=DOTS_PER_INCH)
    FigureCanvasAgg(figure)
    return figure


def add_axes(figure: Figure, x: float, y: float, width: float, height: float) -> Axes:
    """Axes at a place in pixels from the top left corner."""
    total_width, total_height = figure.get_size_inches() * DOTS_PER_INCH
    return figure.add_axes((x / total_width, 1 - (y + height) / total_height,
                            width / total_width, height / total_height))


def add_text(figure: Figure, x: float, y: float, text: str, *, size: float = SIZE_LABEL,
             color: str = INK, weight: str = "normal", align: str = "left") -> None:
    """Text whose vertical middle is y pixels below the top."""
    total_width, total_height = figure.get_size_inches() * DOTS_PER_INCH
    figure.text(x / total_width, 1 - y / total_height, text, fontsize=size, color=color,
                fontweight=weight, ha=align, va="center_baseline")


@cache
def _ruler() -> RendererAgg:
    return FigureCanvasAgg(Figure(figsize=(1, 1), dpi=DOTS_PER_INCH)).get_renderer()


@cache
def text_width(text: str, size: float = SIZE_LABEL, weight: str = "normal") -> float:
    """In pixels."""
    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    return float(_ruler().get_text_width_height_descent(text, font, ismath=False)[0])


def wrap_text(text: str, width: float, size: float = SIZE_SMALL,
              weight: str = "normal") -> list[str]:
    """Lines that are each at most `width` pixels wide, as far as words allow."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, weight) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def fit_text(text: str, width: float, weight: str = "normal") -> str:
    """The text, or as much of its two ends as `width` pixels hold."""
    kept = len(text)
    fitted = text
    while kept > 4 and text_width(fitted, SIZE_LABEL, weight) > width:
        kept -= 1
        fitted = text[:(kept + 1) // 2] + "…" + text[-(kept // 2):]
    return fitted


def add_note(figure: Figure, x: float, y: float, lines: list[str]) -> None:
    for number, line in enumerate(lines):
        add_text(figure, x, y + 15 * number, line, size=SIZE_SMALL, color=MUTED)


def set_ticks(axes: Axes, width: float, write: Callable[[float], str]) -> None:
    """A few round values whose labels stay within the axes, `width` pixels wide (0: none); only the
    zero at the very start may stand out by half of itself."""
    start, end = axes.get_xlim()
    values = MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(start, end)
    kept = []
    for value in values:
        middle = (value - start) / (end - start) * width
        half = text_width(write(value), SIZE_SMALL) / 2
        if value >= start and middle + half <= width and (value == start or middle >= half):
            kept.append(value)
    axes.set_xticks(kept, [write(value) for value in kept])
    axes.set_yticks([])


def add_keys(figure: Figure, x: float, y: float, keys: list[tuple[str, str]],
             step: tuple[float, float]) -> None:
    """Coloured squares with what they stand for, each `step` pixels from the one before."""
    total_width, total_height = figure.get_size_inches() * DOTS_PER_INCH
    for number, (color, text) in enumerate(keys):
        left, middle = x + number * step[0], y + number * step[1]
        figure.add_artist(Rectangle((left / total_width, 1 - (middle + 4.5) / total_height),
                                    9 / total_width, 9 / total_height, color=color, linewidth=0,
                                    transform=figure.transFigure))
        add_text(figure, left + 15, middle, text, size=SIZE_SMALL, color=MUTED)


def save_png(figure: Figure, path: Path) -> None:
    """On paper with a margin, because it will stand alone."""
    with matplotlib.rc_context(fname=STYLE_FILE):
        figure.savefig(path, dpi=DOTS_PER_INCH * PNG_SCALE, facecolor=PAPER,
                       bbox_inches=_with_margin(figure), metadata={"Software": None})


def save_svg(figure: Figure, path: Path) -> None:
    path.write_text(svg_on_paper(draw_svg(figure), figure), encoding="utf-8")


def svg_on_paper(drawn: str, figure: Figure) -> str:
    """What draw_svg returned, as a file that stands alone: with paper and a margin."""
    width, height = (size + 2 * FILE_MARGIN for size in figure.get_size_inches() * DOTS_PER_INCH)
    box = f"{-FILE_MARGIN} {-FILE_MARGIN} {width:g} {height:g}"
    head = drawn[drawn.index("<svg"):].partition(">")[0]
    kept = re.sub(r' (?:width|height|viewBox)="[^"]*"', "", head)
    size = f'width="{width:g}" height="{height:g}"'
    paper = f'<rect x="{-FILE_MARGIN}" y="{-FILE_MARGIN}" {size} fill="{PAPER}"/>'
    return drawn.replace(f"{head}>", f'{kept} {size} viewBox="{box}">{paper}', 1)


def _with_margin(figure: Figure) -> Bbox:
    width, height = figure.get_size_inches()
    margin = FILE_MARGIN / DOTS_PER_INCH
    return Bbox([[-margin, -margin], [width + margin, height + margin]])


def inline_svg(figure: Figure, name: str, description: str) -> str:
    """An <svg> element for the page; `name` makes its ids unique there."""
    return svg_in_page(draw_svg(figure), figure, name, description)


def svg_in_page(drawn: str, figure: Figure, name: str, description: str) -> str:
    """What draw_svg returned, with roles in place of colours."""
    text = drawn[drawn.index("<svg"):]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(xlink:href="|url\()#', rf"\1#{name}-", text)
    text = re.sub(r"font: (?:(\w+) )?([\d.]+)px [^;\"]*", _font_of_the_page, text)
    for color, role in CSS_ROLES.items():
        text = text.replace(color, f"var(--{role})")
    width, height = figure.get_size_inches() * DOTS_PER_INCH
    head = (f'<svg class="figure" role="img" aria-label="{escape(description, quote=True)}" '
            f'viewBox="0 0 {width:g} {height:g}" style="max-width: {width:g}px" '
            'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns="http://www.w3.org/2000/svg">')
    return re.sub(r"<svg[^>]*>", head, text, count=1)


def _font_of_the_page(match: re.Match[str]) -> str:
    weight = "600" if match.group(1) in ("600", "700", "bold") else "400"
    return f"font-weight: {weight}; font-size: {match.group(2)}px"


def draw_svg(figure: Figure) -> str:
    stream = io.StringIO()
    with matplotlib.rc_context(fname=STYLE_FILE):
        figure.savefig(stream, format="svg", facecolor="none",
                       metadata={"Date": None, "Creator": None})
    return stream.getvalue()
