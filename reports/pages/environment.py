"""The templates of this folder, and what every one of them may write."""

from __future__ import annotations

import html
import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup


def open_templates() -> Environment:
    """A variable that a template names and nobody gives it is an error."""
    environment = Environment(loader=FileSystemLoader(Path(__file__).resolve().parent),
                              autoescape=True, trim_blocks=True, lstrip_blocks=True,
                              undefined=StrictUndefined)
    environment.filters["code"] = _code_marked
    return environment


def _code_marked(text: str) -> Markup:
    """Text in which `backticks` become code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text)))
