"""Settings: composed of sections, each a `Settings` class, from flags, the environment and one file.

The stronger source wins, value by value: a flag, then `VOLTWAY_<SECTION>__<NAME>` in the environment, then the file
`voltway.toml` with a table per section. Every value keeps where it came from, so that a wrong one is told in one line: what,
from where, what is allowed. A name that nobody knows is an error that says which one is nearest.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from pydantic import BaseModel, Field, ValidationError

from voltway.kernel.errors import StartUpError
from voltway.kernel.module import Settings

PREFIX = "VOLTWAY_"
SEPARATOR = "__"
FILE_NAME = "voltway.toml"
RESERVED = frozenset({"DATA_DIR", "CONFIG", "API_KEY", "SECRET_FILE", "REQUIRE_SERVICES"})
"""Names behind the prefix that are not settings of a section."""

_FILE_MARK = "_file"
SECRET_WORDS = ("password", "secret", "url")  # an URL may hold a password

Path_ = tuple[str, ...]
S = TypeVar("S", bound=Settings)


class DatabaseSettings(Settings):
    """Where everything is stored."""

    url: str = ""
    """sqlite:///file, postgresql://user:password@host/name or mariadb://…; empty: `voltway.db` in the data directory."""
    pool_size: int = Field(default=10, ge=1, le=200)
    """Connections to a database server; twice as many under load. SQLite has one writer and four readers."""
    statement_timeout_s: float = Field(default=15.0, gt=0, le=600)
    stalled_after_s: float = Field(default=5.0, gt=0, le=60)
    """When nothing could be committed for so long, stations' links are closed, so that they queue what they have to say."""


class LogSettings(Settings):
    """What is written to the standard error stream."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "text", "json"] = "auto"
    """auto: text on a terminal, JSON lines elsewhere."""


@dataclass(frozen=True)
class Given:
    """A value that somebody set: its name as they wrote it, and where."""

    value: Any
    written: str
    source: str

    @property
    def is_text(self) -> bool:
        """Whether numbers and lists arrive as text: from the environment and from flags."""
        return isinstance(self.value, str)


Section = Callable[[], type[Settings]]
"""Gives a section's class; called only if somebody set something in it, or it is needed."""


def from_environment(environment: Mapping[str, str]) -> dict[Path_, Given]:
    """VOLTWAY_GATEWAY__PORT=9000 -> ("gateway", "port")."""
    found = {}
    for name, value in environment.items():
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in RESERVED:
            path = tuple(name.removeprefix(PREFIX).lower().split(SEPARATOR))
            found[path] = Given(value, name, "the environment")
    return found


def from_file(file: Path) -> dict[Path_, Given]:
    """The values of a TOML file with a table per section. Raises StartUpError if it cannot be read."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise StartUpError(f"The settings file {file} cannot be read: {reason}.") from error
    except tomllib.TOMLDecodeError as error:
        raise StartUpError(f"The settings file {file} is not TOML: {error}.") from error
    return {path: Given(value, ".".join(path), str(file)) for path, value in _leaves(content)}


def _leaves(table: Mapping[str, Any], above: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    for name, value in table.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*above, name))
        else:
            yield (*above, name), value


def strongest(*sources: Mapping[Path_, Given]) -> dict[Path_, Given]:
    """Every value that somebody set, from the strongest source that has it; the weakest source first."""
    return {path: value for source in sources for path, value in source.items()}


def compose(
    sections: Mapping[str, Section], needed: frozenset[str], *sources: Mapping[Path_, Given]
) -> dict[str, Settings]:
    """The settings of the needed sections; `sources` are the weakest first. Raises StartUpError.

    A section that is not needed is checked all the same if somebody set something in it: several processes may share one
    file, and a slip in it should not wait for the process that it concerns.
    """
    given = {path: value for source in sources for path, value in _from_secret_files(source, sections)}
    touched = {path[0] for path in given} & sections.keys()
    models = {name: sections[name]() for name in sections if name in needed or name in touched}
    for path, value in given.items():
        if not _is_known(path, models):
            raise StartUpError(_unknown(path, value, sections))
    return {name: _build(name, model, given) for name, model in models.items()}


def _from_secret_files(given: Mapping[Path_, Given], sections: Mapping[str, Section]) -> Iterator[tuple[Path_, Given]]:
    """`…_FILE` names a file that holds the value, as Docker and Kubernetes hand out secrets: then it stands in no environment
    and no settings file. Of one source; a setting that itself ends so (a certificate's file) is what it says."""
    for path, value in given.items():
        plain = (*path[:-1], path[-1].removesuffix(_FILE_MARK))
        models = {path[0]: sections[path[0]]()} if path[0] in sections else {}
        if path == plain or _is_known(path, models) or not _is_known(plain, models):
            yield path, value
            continue
        try:
            text = Path(str(value.value)).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise StartUpError(
                f"The setting {value.written} (set in {value.source}) names a file that cannot be read: {reason}."
            ) from error
        yield plain, Given(text.rstrip("\r\n"), value.written, value.source)


def _is_known(path: Path_, models: Mapping[str, type[Settings]]) -> bool:
    model: type[BaseModel] | None = models.get(path[0])
    for index, name in enumerate(path[1:], 2):
        if model is None or name not in model.model_fields:
            return False
        annotation = model.model_fields[name].annotation
        if index == len(path) or _is_mapping(annotation):
            return True
        model = _model_in(annotation)
    return False


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that a field holds, also as `Model | None`."""
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def _is_mapping(annotation: Any) -> bool:
    return any("dict" in str(kind) or "Mapping" in str(kind) for kind in (annotation, *get_args(annotation)))


def _unknown(path: Path_, value: Given, sections: Mapping[str, Section]) -> str:
    is_in_environment = value.source == "the environment"
    known = [_written(each, is_in_environment) for each in known_paths(sections)]
    if is_in_environment:
        known += [PREFIX + name for name in sorted(RESERVED)]
    nearest = difflib.get_close_matches(value.written, known, n=1, cutoff=0.0)[0]
    return f"There is no setting {value.written} (set in {value.source}). The nearest one is {nearest}."


def known_paths(sections: Mapping[str, Section]) -> list[Path_]:
    """Every setting there is."""
    return [path for name in sections for path in _paths(sections[name](), (name,))]


def _paths(model: type[BaseModel], above: Path_) -> Iterator[Path_]:
    for name, field in model.model_fields.items():
        inner = _model_in(field.annotation)
        if inner is None:
            yield (*above, name)
        else:
            yield from _paths(inner, (*above, name))


def _written(path: Path_, is_in_environment: bool) -> str:
    return PREFIX + SEPARATOR.join(path).upper() if is_in_environment else ".".join(path)


def _build(name: str, model: type[S], given: Mapping[Path_, Given]) -> S:
    values: dict[str, Any] = {}
    for path, one in given.items():
        if path[0] != name:
            continue
        inside = values
        for step in path[1:-1]:
            inside = inside.setdefault(step, {})
        inside[path[-1]] = _parsed(one)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise StartUpError(_wrong(name, error, given)) from error


def _parsed(given: Given) -> Any:
    """Lists and tables may be written as JSON where only text can be given."""
    if given.is_text and given.value[:1] in ("[", "{"):
        try:
            return json.loads(given.value)
        except ValueError:
            return given.value
    return given.value


def _wrong(name: str, error: ValidationError, given: Mapping[Path_, Given]) -> str:
    """One line about the first thing that is wrong: what it is, where it was set, what is allowed."""
    first = error.errors(include_url=False)[0]
    path: Path_ = (name, *(str(step) for step in first["loc"]))
    allowed = first["msg"].removeprefix("Value error, ").replace("Input should be", "It must be")
    culprit = next((given[path[:length]] for length in range(len(path), 1, -1) if path[:length] in given), None)
    if culprit is None:
        return f"The setting {'.'.join(path)} is wrong. {allowed}."
    return f"The setting {culprit.written}{shown(culprit)} (set in {culprit.source}) is wrong. {allowed}."


def shown(given: Given) -> str:
    """` = value`, or nothing where the value may hold a secret."""
    name = given.written.lower()
    return "" if any(word in name for word in SECRET_WORDS) else f" = {given.value!r}"
