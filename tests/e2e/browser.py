"""The browser of the machine, without a window and without talk of its own."""

from __future__ import annotations

import shutil
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str | None:
    """The path of the first browser on the PATH that Playwright can drive."""
    return next(filter(None, map(shutil.which, NAMES)), None)


DRAWS = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist")
"""WebGL without a graphics card."""


def launch_options(*, draws: bool = False) -> dict[str, Any]:
    """For Playwright's `chromium.launch`. `draws`: with WebGL, which maps need; without, there is none."""
    flags = [*(flag for flag in FLAGS if flag != "--disable-gpu"), *DRAWS] if draws else [*FLAGS, "--disable-3d-apis"]
    return {"executable_path": find_chromium(), "args": flags}


def page_options(color_scheme: str = "light") -> dict[str, Any]:
    """For Playwright's `new_context`: a page that looks alike wherever it is opened."""
    return {
        "viewport": {"width": 1280, "height": 800},
        "color_scheme": color_scheme,
        "locale": "en-GB",
        "timezone_id": "Europe/Amsterdam",
    }
