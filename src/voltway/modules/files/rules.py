"""What the files module decides. Pure.

Source: OCPP 2.0.1 part 2, L01 to L04, N01 and FirmwareStatusEnumType, UploadLogStatusEnumType, PublishFirmwareStatusEnumType;
OCPP 1.6 §7.14, §7.25. 1.6 has a part of the same words.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import NamedTuple

from voltway.contracts.files import JobKind

DONE, FAILED, CANCELED, REJECTED = "done", "failed", "canceled", "rejected"
OFFLINE, TIMED_OUT = "offline", "timed_out"
IDLE = "Idle"
"""What a station says that was asked and does nothing: it is about no order."""
START = None
NAME_LENGTH_MAX = 255

_RETRIES = ("DownloadScheduled", "Downloading")
_FETCHING: Mapping[str | None, tuple[str, ...]] = {
    START: ("DownloadScheduled", "Downloading", "DownloadFailed"),
    "DownloadScheduled": ("Downloading", "DownloadPaused", "DownloadFailed"),
    "Downloading": ("DownloadPaused", "Downloaded", "DownloadFailed"),
    "DownloadPaused": ("Downloading", "DownloadFailed"),
    "DownloadFailed": _RETRIES,
}
_FIRMWARE: Mapping[str | None, tuple[str, ...]] = {
    **_FETCHING,
    "Downloaded": (
        "SignatureVerified",
        "InvalidSignature",
        "InstallScheduled",
        "Installing",
        "InstallRebooting",
        "InstallationFailed",
    ),
    "SignatureVerified": ("InstallScheduled", "Installing", "InstallRebooting", "InstallationFailed"),
    "InvalidSignature": _RETRIES,
    "InstallScheduled": ("Installing", "InstallRebooting", "InstallationFailed"),
    "Installing": ("InstallRebooting", "InstallVerificationFailed", "InstallationFailed", "Installed"),
    "InstallRebooting": ("Installing", "InstallVerificationFailed", "InstallationFailed", "Installed"),
    "InstallVerificationFailed": _RETRIES,
    "InstallationFailed": (*_RETRIES, "Installing"),
    "Installed": (),
}
_BROUGHT_NOT = ("UploadFailed", "UploadFailure", "BadMessage", "NotSupportedOperation", "PermissionDenied")
_LOG: Mapping[str | None, tuple[str, ...]] = {
    START: ("Uploading", "AcceptedCanceled", *_BROUGHT_NOT),
    "Uploading": ("Uploaded", "AcceptedCanceled", *_BROUGHT_NOT),
    "Uploaded": (),
    "AcceptedCanceled": (),
    **dict.fromkeys(_BROUGHT_NOT, ("Uploading", "AcceptedCanceled")),
}
_PUBLISH: Mapping[str | None, tuple[str, ...]] = {
    **_FETCHING,
    "Downloaded": ("ChecksumVerified", "InvalidChecksum", "PublishFailed"),
    "ChecksumVerified": ("Published", "PublishFailed"),
    "InvalidChecksum": _RETRIES,
    "PublishFailed": (*_RETRIES, "Published"),
    "Published": (),
}
FOLLOWS: Mapping[JobKind, Mapping[str | None, tuple[str, ...]]] = {
    JobKind.FIRMWARE: _FIRMWARE,
    JobKind.LOG: _LOG,
    JobKind.PUBLISH: _PUBLISH,
}
"""A status -> what may come next."""

OUTCOMES: Mapping[str, str] = {
    "Installed": DONE,
    "Uploaded": DONE,
    "Published": DONE,
    "AcceptedCanceled": CANCELED,
    **dict.fromkeys(_BROUGHT_NOT, FAILED),
    **dict.fromkeys(
        (
            "DownloadFailed",
            "InvalidSignature",
            "InstallVerificationFailed",
            "InstallationFailed",
            "InvalidChecksum",
            "PublishFailed",
        ),
        FAILED,
    ),
}
"""A status with which an order ends -> how. After a failure a station may try again, and the order goes on."""

FINAL = (DONE, CANCELED, REJECTED, OFFLINE, TIMED_OUT)
NOT_DONE = (CANCELED, REJECTED, OFFLINE, TIMED_OUT)
"""Ends after which nothing is to come any more."""
BY_COMMAND = {"offline": OFFLINE, "timed_out": TIMED_OUT, "rejected": REJECTED, "failed": REJECTED}
"""How a job ends whose order the station was not told, did not answer or did not take."""
_MAY_FETCH = frozenset({START, *_FETCHING})


class Step(NamedTuple):
    """What a status means for its order."""

    is_expected: bool
    status: str | None
    outcome: str | None


def step(kind: JobKind, before: str | None, outcome: str | None, said: str) -> Step:
    """What becomes of an order when a station says this. It is never refused; but what is over stays over, and a word out
    of its turn is marked. A word that is said again changes nothing."""
    if said == before:
        return Step(True, before, outcome)
    is_expected = said in FOLLOWS[kind].get(before, ())
    if outcome in FINAL:
        return Step(outcome == CANCELED and OUTCOMES.get(said) == CANCELED, before, outcome)
    return Step(is_expected, said, OUTCOMES.get(said))


def may_fetch(status: str | None, outcome: str | None) -> bool:
    """Whether an address for a download still holds: until the station has said that it has it all."""
    return status in _MAY_FETCH and outcome not in FINAL


def may_bring(file_id: str | None, outcome: str | None) -> bool:
    """Whether an address for an upload still holds: until one whole file has come, or its order has come to nothing."""
    return file_id is None and outcome not in NOT_DONE


def plain_name(*given: str | None) -> str:
    """The first of these names that is one, as the name of a file and nothing else: no folders, nothing hidden."""
    for text in given:
        name = re.sub(r"[\x00-\x1f\x7f\"<>|:*?]", "_", (text or "").replace("\\", "/").rpartition("/")[2]).strip(". ")
        if name:
            return name[-NAME_LENGTH_MAX:]
    return "unnamed"


def login_in(header: str | None) -> tuple[str, str] | None:
    """Name and password of an Authorization header by Basic (RFC 7617); None where there is none, ("", "") where it cannot
    be read."""
    if header is None:
        return None
    scheme, _, encoded = header.partition(" ")
    try:
        name, separator, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return (name, password) if scheme.lower() == "basic" and separator else ("", "")


def announced(headers: Mapping[str, str]) -> dict[str, str]:
    """The checksums that a request announces of its content, by algorithm, in hexadecimal: Content-MD5 (RFC 1864),
    Content-Digest (RFC 9530), Digest (RFC 3230). One that cannot be read is one that nothing matches."""
    found = {}
    if "content-md5" in headers:
        found["md5"] = _hexadecimal(headers["content-md5"])
    for part in (headers.get("content-digest") or headers.get("digest") or "").split(","):
        algorithm, _, value = part.strip().partition("=")
        if algorithm.lower() in ("sha-256", "md5"):
            found[algorithm.lower().replace("-", "")] = _hexadecimal(value.strip().strip(":"))
    return found


def _hexadecimal(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).hex()
    except (binascii.Error, ValueError):
        return "unreadable"


# ---- versions


def is_older(version: str, installed: str | None) -> bool:
    """Whether a version comes before the one that is installed, by the numbers in them. What has other words between its
    numbers cannot be compared, and is not called older."""
    if not installed:
        return False
    words, numbers = _parts(version)
    known_words, known_numbers = _parts(installed)
    return bool(numbers) and words == known_words and numbers < known_numbers


def _parts(version: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    text = version.strip().lower().removeprefix("v")
    words = tuple(word for word in re.split(r"[0-9.]+", text) if word.strip("-_ "))
    numbers = tuple(int(number) for number in re.findall(r"[0-9]+", text))
    while numbers and numbers[-1] == 0:  # 1.2 is 1.2.0
        numbers = numbers[:-1]
    return words, numbers or (0,) * bool(re.search(r"[0-9]", text))
