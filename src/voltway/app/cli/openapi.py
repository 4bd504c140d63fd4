"""`voltway openapi`: the API's description, as the file `openapi.json` that is committed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from voltway.app import catalog
from voltway.app.cli.options import DataDir
from voltway.app.errors import Unusable
from voltway.app.version import VERSION
from voltway.kernel.database import Database
from voltway.kernel.http import create_app
from voltway.kernel.runtime import Runtime

FILE = Path("openapi.json")


def openapi(
    check: Annotated[bool, typer.Option("--check", help="Only say whether the file is up to date.")] = False,
    output: Annotated[Path, typer.Option(metavar="FILE", help="The file; - is the standard output.")] = FILE,
    data_dir: DataDir = None,
) -> None:
    """Write the API's description to openapi.json. The API is the same whatever an installation holds."""
    text = to_text(describe())
    if str(output) == "-":
        print(text, end="")  # noqa: T201
    elif check:
        if not output.is_file() or output.read_text(encoding="utf-8") != text:
            raise Unusable(f"{output} is not up to date. Run: voltway openapi")
    else:
        output.write_text(text, encoding="utf-8")


def describe() -> dict[str, Any]:
    """The description of the API of all modules."""
    manifests = catalog.load()
    runtime = Runtime(manifests, Database("sqlite://"))
    routers = [router for manifest in manifests for router in manifest.routes()]
    document: dict[str, Any] = create_app(runtime, routers, version=VERSION).openapi()
    return document


def to_text(document: dict[str, Any]) -> str:
    """The same text for the same API: a change in it is a change in the API."""
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=False) + "\n"
