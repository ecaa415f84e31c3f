"""Headless Chromium, and what it finds wrong with a page: overlaps, clipping, requests, errors."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.remote_connection import RemoteConnection

from ci.surroundings import SECONDS_MAX

OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
           "--disable-background-networking", "--disable-component-update", "--disable-sync",
           "--disable-dev-shm-usage")
HEIGHT = 900
LEAST_CONTRAST = 4.5  # WCAG 2.1 AA for text
INSPECTION = (Path(__file__).resolve().parent / "inspect_page.js").read_text(encoding="utf-8")


class Browser:
    def __init__(self, profile: Path) -> None:
        options = Options()
        options.binary_location = _program("chromium")
        for option in (*OPTIONS, f"--user-data-dir={profile}"):
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        RemoteConnection.set_timeout(SECONDS_MAX)
        self.driver = webdriver.Chrome(service=Service(_program("chromedriver")), options=options)
        self.driver.set_page_load_timeout(SECONDS_MAX)
        self.driver.set_script_timeout(SECONDS_MAX)

    def close(self) -> None:
        self.driver.quit()

    def open(self, page: Path, width: int, scheme: str) -> None:
        self.driver.get("about:blank")
        self._new_log_entries()
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})
        self.driver.get(page.as_uri())

    def inspect(self) -> dict[str, Any]:
        """See inspect_page.js for what each key lists."""
        found: dict[str, Any] = self.driver.execute_script(INSPECTION, LEAST_CONTRAST)
        return found

    def requests(self, page: Path) -> list[str]:
        """Every address that was asked for, but the page itself and data it carries."""
        resources = self.driver.execute_script(
            "return performance.getEntriesByType('resource').map(entry => entry.name)")
        asked = [entry["params"]["request"]["url"] for entry in self._new_log_entries()
                 if entry["method"] == "Network.requestWillBeSent"]
        return [url for url in (*resources, *asked)
                if not url.startswith("data:") and url not in (page.as_uri(), "about:blank")]

    def console_errors(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] in ("SEVERE", "WARNING")]

    def _new_log_entries(self) -> list[dict[str, Any]]:
        return [json.loads(entry["message"])["message"]
                for entry in self.driver.get_log("performance")]


def _program(name: str) -> str:
    path = shutil.which(name)
    assert path, f"{name} is not installed: run `make deps-dev`"
    return path
