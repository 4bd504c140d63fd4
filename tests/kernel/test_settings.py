"""Settings: which source wins, and what is said about one that is unknown or wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field

from voltway.kernel.errors import StartUpError
from voltway.kernel.module import Settings
from voltway.kernel.settings import Given, Section, compose, from_environment, from_file


class Limits(Settings):
    per_minute: int = Field(default=60, ge=1)


class PortSettings(Settings):
    host: str = "127.0.0.1"
    port: int = Field(default=9000, ge=0, le=65_535)
    strangers: Literal["accept", "reject"] | None = None
    names: tuple[str, ...] = ()
    limits: Limits = Limits()


class OtherSettings(Settings):
    is_on: bool = False


SECTIONS: dict[str, Section] = {"port": lambda: PortSettings, "other": lambda: OtherSettings}


def composed(*sources: Any, needed: tuple[str, ...] = ("port",)) -> PortSettings:
    settings = compose(SECTIONS, frozenset(needed), *sources)["port"]
    assert isinstance(settings, PortSettings)
    return settings


def refusal(*sources: Any) -> str:
    with pytest.raises(StartUpError) as refused:
        composed(*sources)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def file_with(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "voltway.toml"
    file.write_text(text)
    return file


def flag(value: str, *path: str) -> dict[tuple[str, ...], Given]:
    return {path: Given(value, "--port", "the command line")}


def test_flag_beats_environment_beats_file_value_by_value(tmp_path: Path) -> None:
    file = from_file(file_with(tmp_path, '[port]\nhost = "from.file"\nport = 1\nstrangers = "reject"\n'))
    environment = from_environment({"VOLTWAY_PORT__PORT": "2", "VOLTWAY_PORT__STRANGERS": "accept"})
    settings = composed(file, environment, flag("3", "port", "port"))
    assert (settings.host, settings.strangers, settings.port) == ("from.file", "accept", 3)


def test_settings_have_their_defaults_when_nobody_sets_them() -> None:
    assert composed() == PortSettings()


def test_lists_and_nested_settings_come_from_everywhere(tmp_path: Path) -> None:
    file = from_file(file_with(tmp_path, '[port]\nnames = ["a"]\n[port.limits]\nper_minute = 7\n'))
    assert composed(file) == PortSettings(names=("a",), limits=Limits(per_minute=7))
    environment = from_environment({"VOLTWAY_PORT__NAMES": '["b", "c"]', "VOLTWAY_PORT__LIMITS__PER_MINUTE": "8"})
    assert composed(file, environment) == PortSettings(names=("b", "c"), limits=Limits(per_minute=8))


def test_text_that_only_looks_like_json_stays_text() -> None:
    assert composed(flag("[::1]", "port", "host")).host == "[::1]"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("VOLTWAY_PORT__STRANGER", "VOLTWAY_PORT__STRANGERS"),
        ("VOLTWAY_PORTT__HOST", "VOLTWAY_PORT__HOST"),
        ("VOLTWAY_PORT", "VOLTWAY_PORT__PORT"),
        ("VOLTWAY_PORT__LIMITS__PER_MINUT", "VOLTWAY_PORT__LIMITS__PER_MINUTE"),
        ("VOLTWAY_DATADIR", "VOLTWAY_DATA_DIR"),
        ("VOLTWAY_PORT__PORT__MORE", "VOLTWAY_PORT__PORT"),
    ],
)
def test_unknown_name_in_the_environment_tells_the_nearest(name: str, nearest: str) -> None:
    said = refusal(from_environment({name: "1"}))
    assert said == f"There is no setting {name} (set in the environment). The nearest one is {nearest}."


def test_unknown_name_in_the_file_tells_the_nearest_and_the_file(tmp_path: Path) -> None:
    file = file_with(tmp_path, "[port]\nprot = 1\n")
    assert refusal(from_file(file)) == f"There is no setting port.prot (set in {file}). The nearest one is port.port."


def test_names_that_are_no_settings_of_a_section_may_stand_in_the_environment() -> None:
    environment = {"VOLTWAY_DATA_DIR": "/x", "VOLTWAY_API_KEY": "k", "VOLTWAY_REQUIRE_SERVICES": "1", "PATH": "/bin"}
    assert from_environment(environment) == {}


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("VOLTWAY_PORT__STRANGERS", "maybe", "It must be 'accept' or 'reject'."),
        ("VOLTWAY_PORT__PORT", "70000", "It must be less than or equal to 65535."),
        ("VOLTWAY_PORT__LIMITS__PER_MINUTE", "0", "It must be greater than or equal to 1."),
    ],
)
def test_wrong_value_tells_what_where_and_what_is_allowed(name: str, value: str, allowed: str) -> None:
    said = refusal(from_environment({name: value}))
    assert said == f"The setting {name} = {value!r} (set in the environment) is wrong. {allowed}"


def test_wrong_value_of_a_secret_is_not_shown() -> None:
    class WithSecret(Settings):
        secret_bytes: int = 1

    with pytest.raises(StartUpError) as refused:
        compose({"a": lambda: WithSecret}, frozenset({"a"}), from_environment({"VOLTWAY_A__SECRET_BYTES": "hunter2"}))
    assert "hunter2" not in str(refused.value)


def test_wrong_value_that_a_stronger_source_replaces_does_no_harm() -> None:
    weak = from_environment({"VOLTWAY_PORT__PORT": "none"})
    assert composed(weak, flag("4", "port", "port")).port == 4


def test_section_of_a_module_that_is_not_loaded_is_checked_if_something_is_set_in_it(tmp_path: Path) -> None:
    said = refusal(from_file(file_with(tmp_path, '[other]\nis_on = "perhaps"\n')))
    assert said.startswith("The setting other.is_on = 'perhaps'")
    assert "other" not in compose(SECTIONS, frozenset({"port"}))


@pytest.mark.parametrize(("text", "says"), [("[port\n", "is not TOML"), ("\x00", "is not TOML")])
def test_file_that_is_not_toml_is_told_with_its_name(tmp_path: Path, text: str, says: str) -> None:
    file = file_with(tmp_path, text)
    with pytest.raises(StartUpError, match=says):
        from_file(file)


def test_file_that_cannot_be_read_is_told_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(StartUpError, match="cannot be read: Is a directory"):
        from_file(tmp_path)
    (tmp_path / "latin").write_bytes(b"\xff")
    with pytest.raises(StartUpError, match="it is not UTF-8 text"):
        from_file(tmp_path / "latin")


def test_a_value_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    secret, settings = tmp_path / "host", tmp_path / "voltway.toml"
    secret.write_text("db.example.org\n")
    settings.write_text(f'[port]\nhost_file = "{secret}"\nport = 1\n')
    assert composed(from_environment({"VOLTWAY_PORT__HOST_FILE": str(secret)})).host == "db.example.org"
    assert composed(from_file(settings)).host == "db.example.org"
    assert composed(from_file(settings), from_environment({"VOLTWAY_PORT__HOST": "other"})).host == "other"
    assert composed(from_file(settings), from_environment({"VOLTWAY_PORT__HOST": "x"})).port == 1


def test_a_secret_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(
        StartUpError, match=r"VOLTWAY_PORT__HOST_FILE .* names a file that cannot be read: No such file"
    ):
        composed(from_environment({"VOLTWAY_PORT__HOST_FILE": str(tmp_path / "missing")}))
    with pytest.raises(StartUpError, match="There is no setting VOLTWAY_PORT__HOSTS_FILE"):
        composed(from_environment({"VOLTWAY_PORT__HOSTS_FILE": str(tmp_path)}))


def test_what_stands_in_a_secret_file_is_not_told_when_it_is_wrong(tmp_path: Path) -> None:
    class WithSecret(Settings):
        secret_bytes: int = 1

    secret = tmp_path / "s"
    secret.write_text("hunter2")
    given = from_environment({"VOLTWAY_A__SECRET_BYTES_FILE": str(secret)})
    with pytest.raises(StartUpError) as told:
        compose({"a": lambda: WithSecret}, frozenset({"a"}), given)
    assert "hunter2" not in str(told.value)
