"""What the files module decides."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.contracts.files import JobKind
from voltway.modules.files import rules
from voltway.modules.files.preparing import with_login
from voltway.modules.files.rules import Step, step
from voltway.wire.ocpp import v16, v21, v201

WORDS = {
    JobKind.FIRMWARE: (v16.FirmwareStatus, v16.SignedFirmwareStatus, v201.FirmwareStatusEnum, v21.FirmwareStatusEnum),
    JobKind.LOG: (v16.DiagnosticsStatus, v16.UploadLogStatus, v201.UploadLogStatusEnum, v21.UploadLogStatusEnum),
    JobKind.PUBLISH: (v201.PublishFirmwareStatusEnum, v21.PublishFirmwareStatusEnum),
}


@pytest.mark.parametrize("kind", list(JobKind))
def test_the_table_knows_every_word_of_every_version_and_no_other(kind: JobKind) -> None:
    said = {word.value for words in WORDS[kind] for word in words} - {rules.IDLE}
    known = {status for status in rules.FOLLOWS[kind] if status is not None}
    assert known == said
    assert {after for follow in rules.FOLLOWS[kind].values() for after in follow} <= known


@given(st.sampled_from(list(JobKind)), st.lists(st.sampled_from(sorted(rules.OUTCOMES)), max_size=6))
def test_what_is_done_stays_done(kind: JobKind, said: list[str]) -> None:
    for word in said:
        assert step(kind, "Installed", rules.DONE, word)[1:] == ("Installed", rules.DONE)


def test_a_status_out_of_turn_is_marked_and_holds() -> None:
    assert step(JobKind.FIRMWARE, None, None, "Installing") == Step(False, "Installing", None)


def test_a_status_that_is_said_again_changes_nothing() -> None:
    assert step(JobKind.LOG, "Uploading", None, "Uploading") == Step(True, "Uploading", None)


@pytest.mark.parametrize(
    ("status", "outcome", "holds"),
    [
        (None, None, True),
        ("Downloading", None, True),
        ("DownloadFailed", "failed", True),
        ("Downloaded", None, False),
        ("Installed", "done", False),
        (None, "rejected", False),
        ("Downloading", "canceled", False),
    ],
)
def test_an_address_holds_until_the_station_has_it_all(status: str | None, outcome: str | None, holds: bool) -> None:
    assert rules.may_fetch(status, outcome) is holds


@pytest.mark.parametrize(
    ("given_names", "name"),
    [
        (("../../etc/passwd",), "passwd"),
        (("..\\..\\boot.ini",), "boot.ini"),
        (("/",), "unnamed"),
        (("..", "log.txt"), "log.txt"),
        ((".bashrc",), "bashrc"),
        ((None, "", "a\r\nb.log"), "a__b.log"),
        (("x" * 300,), "x" * 255),
    ],
)
def test_a_name_is_never_a_path(given_names: tuple[str | None, ...], name: str) -> None:
    assert rules.plain_name(*given_names) == name


@given(st.text())
def test_no_name_leads_anywhere(text: str) -> None:
    name = rules.plain_name(text)
    assert name not in ("", ".", "..")
    assert not set(name) & set('/\\\0\r\n"')
    assert not name.startswith(".")


@pytest.mark.parametrize(
    ("header", "login"),
    [
        (None, None),
        ("Basic " + base64.b64encode(b"CS-1:a:b").decode(), ("CS-1", "a:b")),
        ("Basic " + base64.b64encode(b"CS-1").decode(), ("", "")),
        ("Basic ???", ("", "")),
        ("Bearer " + base64.b64encode(b"a:b").decode(), ("", "")),
    ],
)
def test_a_login_is_read(header: str | None, login: tuple[str, str] | None) -> None:
    assert rules.login_in(header) == login


def test_a_login_stands_in_an_address_whatever_it_holds() -> None:
    assert with_login("https://a.example/files/up/t", "CS@1", "p:/") == "https://CS%401:p%3A%2F@a.example/files/up/t"


def test_checksums_that_are_announced_are_read() -> None:
    sha256, md5 = hashlib.sha256(b"x"), hashlib.md5(b"x")
    of_sha256, of_md5 = (base64.b64encode(made.digest()).decode() for made in (sha256, md5))
    assert rules.announced({"content-md5": of_md5}) == {"md5": md5.hexdigest()}
    assert rules.announced({"content-digest": f"sha-256=:{of_sha256}:, sha-512=:xx:"}) == {"sha256": sha256.hexdigest()}
    assert rules.announced({"digest": f"SHA-256={of_sha256}"}) == {"sha256": sha256.hexdigest()}
    assert rules.announced({"content-md5": "?"}) == {"md5": "unreadable"}
    assert rules.announced({}) == {}
