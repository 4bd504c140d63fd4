"""Cases of certification: firmware is fetched, checked and installed (1.6 and block L of 2.0.1, also played in 2.1)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from conformance.device_model_stations import Platform, ScriptedStation
from conformance.file_stations import CONTENT, an_image, fetch, is_genuine, job, jobs, root_of, said, tell
from e2e.server_process import ServerProcess

V16, V201, V21 = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"
NOTICE, PUBLISH_NOTICE = "FirmwareStatusNotification", "PublishFirmwareStatusNotification"
SIGNED_NOTICE = "SignedFirmwareStatusNotification"
LATER = "2031-03-01T12:00:00.000Z"
ACCEPTED = {"status": "Accepted"}
both = pytest.mark.parametrize("protocol", [V201, V21])


@pytest.fixture
async def platform(whole_platform: ServerProcess, key: str) -> AsyncIterator[Platform]:
    async with httpx.AsyncClient(
        base_url=whole_platform.api, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
    ) as api:
        yield Platform(whole_platform, api)


async def ordered(platform: Platform, station: ScriptedStation, **arguments: Any) -> dict[str, Any]:
    """Order an image; what the station was told."""
    station.answers["UpdateFirmware"] = ACCEPTED
    image = await an_image(platform)
    command = await platform.order("update_firmware", image_id=image["id"], **arguments)
    (told,) = station.requests("UpdateFirmware")
    assert (command["state"], command["result"]) == ("accepted", {"request_id": told["requestId"]})
    return told


# ---- OCPP 1.6


async def unsigned_16(platform: Platform, station: ScriptedStation) -> str:
    """Order firmware of a station without the security extension; the address that it gets."""
    station.answers["UpdateFirmware"] = {}
    image = await an_image(platform)
    command = await platform.order("update_firmware", image_id=image["id"])
    assert command["state"] == "accepted"
    assert station.requests("SignedUpdateFirmware") == []
    (told,) = station.requests("UpdateFirmware")
    assert set(told) == {"location", "retrieveDate"}
    return str(told["location"])


async def test_tc_044_1_firmware_is_downloaded_and_installed(platform: Platform) -> None:
    async with platform.station(V16) as station:
        location = await unsigned_16(platform, station)
        await tell(station, NOTICE, "Downloading")
        answer = await fetch(location)
        assert (answer.status_code, answer.content) == (200, CONTENT)
        await tell(station, NOTICE, "Downloaded", "Installing", "Installed")
        done = await job(platform)
        assert said(done) == ["Downloading", "Downloaded", "Installing", "Installed"]
        assert (done["outcome"], done["is_signed"], done["is_here"]) == ("done", False, True)
        assert (await fetch(location)).status_code == 410


async def test_tc_044_2_a_download_that_failed_is_shown_and_may_be_tried_again(platform: Platform) -> None:
    async with platform.station(V16) as station:
        location = await unsigned_16(platform, station)
        await tell(station, NOTICE, "Downloading", "DownloadFailed")
        assert (await job(platform))["outcome"] == "failed"
        await tell(station, NOTICE, "Downloading")
        assert (await fetch(location)).content == CONTENT
        going_on = await job(platform)
        assert (said(going_on), going_on["outcome"]) == (["Downloading", "DownloadFailed", "Downloading"], None)


async def test_tc_044_3_an_installation_that_failed_is_shown(platform: Platform) -> None:
    async with platform.station(V16) as station:
        assert (await fetch(await unsigned_16(platform, station))).content == CONTENT
        await tell(station, NOTICE, "Downloading", "Downloaded", "Installing", "InstallationFailed")
        failed = await job(platform)
        assert (failed["status"], failed["outcome"]) == ("InstallationFailed", "failed")


async def signed_16(platform: Platform, station: ScriptedStation, **image: Any) -> dict[str, Any]:
    """Order firmware of a station that has told of its security extension; what it was told."""
    key = {"key": "SecurityProfile", "readonly": False, "value": "1"}
    station.answers["GetConfiguration"] = {"configurationKey": [key]}
    station.answers["SignedUpdateFirmware"] = ACCEPTED
    await platform.order("get_variables")
    made = await an_image(platform, **image)
    await platform.order("update_firmware", image_id=made["id"])
    assert station.requests("UpdateFirmware") == []
    (told,) = station.requests("SignedUpdateFirmware")
    return told


async def test_tc_080_signed_firmware_is_genuine_for_who_trusts_our_root(platform: Platform) -> None:
    async with platform.station(V16) as station:
        told = await signed_16(platform, station)
        number, firmware = told["requestId"], told["firmware"]
        await tell(station, SIGNED_NOTICE, "Downloading", requestId=number)
        content = (await fetch(firmware["location"])).content
        assert is_genuine(content, firmware, await root_of(platform))
        assert not is_genuine(content[:-1], firmware, await root_of(platform))
        rest = ("Downloaded", "SignatureVerified", "Installing", "InstallRebooting", "Installed")
        await tell(station, SIGNED_NOTICE, *rest, requestId=number)
        done = await job(platform)
        assert (said(done), done["outcome"]) == (["Downloading", *rest], "done")
        assert (done["is_signed"], done["request_number"]) == (True, number)


async def test_tc_081_a_signature_that_is_none_ends_the_update(platform: Platform) -> None:
    async with platform.station(V16) as station:
        ours = await an_image(platform)
        foreign = base64.b64encode(b"\x01" * 384).decode()
        told = await signed_16(platform, station, signature=foreign, signing_certificate=ours["signing_certificate"])
        assert told["firmware"]["signature"] == foreign
        content = (await fetch(told["firmware"]["location"])).content
        assert not is_genuine(content, told["firmware"], await root_of(platform))
        statuses = ("Downloading", "Downloaded", "InvalidSignature")
        await tell(station, SIGNED_NOTICE, *statuses, requestId=told["requestId"])
        event = {"type": "InvalidFirmwareSignature", "timestamp": LATER}
        assert await station.call("SecurityEventNotification", event) == {}
        failed = await job(platform)
        assert (said(failed), failed["outcome"]) == (list(statuses), "failed")


# ---- OCPP 2.x: secure firmware update

FETCHED = ("Downloading", "Downloaded", "SignatureVerified")


async def played(platform: Platform, protocol: str, *statuses: str, **arguments: Any) -> dict[str, Any]:
    """An update from the order to the last of these statuses; its job."""
    async with platform.station(protocol) as station:
        told = await ordered(platform, station, **arguments)
        content = (await fetch(told["firmware"]["location"])).content
        assert is_genuine(content, told["firmware"], await root_of(platform))
        await tell(station, NOTICE, *statuses, requestId=told["requestId"])
        found = await job(platform)
        assert said(found) == list(statuses)
        return found


@both
async def test_tc_l_01_firmware_is_fetched_checked_and_installed(platform: Platform, protocol: str) -> None:
    done = await played(platform, protocol, *FETCHED, "Installing", "InstallRebooting", "Installed")
    assert (done["outcome"], done["answer"], done["is_signed"]) == ("done", "Accepted", True)


@both
async def test_tc_l_02_an_installation_waits_for_its_time(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        told = await ordered(platform, station, install_at=LATER)
        assert told["firmware"]["installDateTime"] == LATER
        await tell(station, NOTICE, *FETCHED, "InstallScheduled", requestId=told["requestId"])
        waiting = await job(platform)
        assert (waiting["status"], waiting["outcome"]) == ("InstallScheduled", None)
        assert waiting["expires_at"] > LATER
        await tell(station, NOTICE, "Installing", "Installed", requestId=told["requestId"])
        assert (await job(platform))["outcome"] == "done"


@both
async def test_tc_l_03_a_download_waits_for_its_time(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        told = await ordered(platform, station, retrieve_at=LATER)
        assert told["firmware"]["retrieveDateTime"] == LATER
        await tell(station, NOTICE, "DownloadScheduled", requestId=told["requestId"])
        assert (await fetch(told["firmware"]["location"])).content == CONTENT
        await tell(station, NOTICE, *FETCHED, "Installing", "Installed", requestId=told["requestId"])
        done = await job(platform)
        assert said(done) == ["DownloadScheduled", *FETCHED, "Installing", "Installed"]


async def refused(platform: Platform, protocol: str, word: str) -> None:
    """An order that the station answers with this word: nothing follows, and the address holds no more."""
    async with platform.station(protocol) as station:
        station.answers["UpdateFirmware"] = {"status": word}
        image = await an_image(platform)
        command = await platform.order("update_firmware", image_id=image["id"])
        assert (command["state"], command["wire_status"]) == ("rejected", word)
        (told,) = station.requests("UpdateFirmware")
        found = await job(platform)
        assert (found["answer"], found["outcome"], said(found)) == (word, "rejected", [])
        assert (await fetch(told["firmware"]["location"])).status_code == 410


@both
async def test_tc_l_04_a_revoked_certificate_is_refused(platform: Platform, protocol: str) -> None:
    await refused(platform, protocol, "RevokedCertificate")


@both
async def test_tc_l_05_an_invalid_certificate_is_refused(platform: Platform, protocol: str) -> None:
    await refused(platform, protocol, "InvalidCertificate")


@both
async def test_tc_l_06_an_invalid_signature_ends_the_update(platform: Platform, protocol: str) -> None:
    failed = await played(platform, protocol, "Downloading", "Downloaded", "InvalidSignature")
    assert failed["outcome"] == "failed"


@both
async def test_tc_l_07_a_download_that_fails_is_shown(platform: Platform, protocol: str) -> None:
    failed = await played(platform, protocol, "Downloading", "DownloadFailed")
    assert failed["outcome"] == "failed"


@both
async def test_tc_l_08_an_installation_that_proves_wrong_is_shown(platform: Platform, protocol: str) -> None:
    failed = await played(platform, protocol, *FETCHED, "Installing", "InstallVerificationFailed")
    assert failed["outcome"] == "failed"


@both
async def test_tc_l_09_an_installation_that_fails_is_shown(platform: Platform, protocol: str) -> None:
    failed = await played(platform, protocol, *FETCHED, "Installing", "InstallationFailed")
    assert failed["outcome"] == "failed"


@both
async def test_tc_l_10_an_installation_that_fails_after_its_boot_is_shown(platform: Platform, protocol: str) -> None:
    statuses = (*FETCHED, "InstallRebooting", "InstallationFailed")
    failed = await played(platform, protocol, *statuses)
    assert (failed["status"], failed["outcome"]) == ("InstallationFailed", "failed")


@both
async def test_tc_l_11_what_the_station_cannot_give_up_goes_on(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        first = await ordered(platform, station)
        await tell(station, NOTICE, "Downloading", requestId=first["requestId"])
        station.answers["UpdateFirmware"] = {"status": "Rejected"}
        image = await an_image(platform)
        assert (await platform.order("update_firmware", image_id=image["id"]))["state"] == "rejected"
        await tell(station, NOTICE, *FETCHED[1:], "Installing", "Installed", requestId=first["requestId"])
        second, going_on = await jobs(platform)
        assert (second["outcome"], said(second)) == ("rejected", [])
        assert (going_on["outcome"], going_on["request_number"]) == ("done", first["requestId"])


@both
async def test_tc_l_13_a_running_transaction_holds_up_the_update(platform: Platform, protocol: str) -> None:
    async with platform.station(protocol) as station:
        event = {"eventType": "Started", "timestamp": LATER, "triggerReason": "CablePluggedIn", "seqNo": 0}
        event |= {"transactionInfo": {"transactionId": "tx-1"}, "evse": {"id": 1, "connectorId": 1}}
        await station.call("TransactionEvent", event)
        told = await ordered(platform, station)
        await tell(station, NOTICE, *FETCHED, "InstallScheduled", requestId=told["requestId"])
        status = {"timestamp": LATER, "connectorStatus": "Unavailable", "evseId": 2, "connectorId": 1}
        await station.call("StatusNotification", status)
        assert (await job(platform))["outcome"] is None
        ended = {"eventType": "Ended", "seqNo": 1, "triggerReason": "EVDeparted"}
        await station.call("TransactionEvent", event | ended)
        await tell(station, NOTICE, "Installing", "Installed", requestId=told["requestId"])
        assert (await job(platform))["outcome"] == "done"


# ---- OCPP 2.x: local controllers


async def published(platform: Platform, protocol: str, *statuses: str, **last: Any) -> dict[str, Any]:
    """Firmware that a local controller is to publish, up to the last of these statuses; its job."""
    async with platform.station(protocol) as station:
        station.answers["PublishFirmware"] = ACCEPTED
        image = await an_image(platform)
        command = await platform.order("publish_firmware", image_id=image["id"], retries=1)
        (told,) = station.requests("PublishFirmware")
        assert (command["state"], told["retries"]) == ("accepted", 1)
        content = (await fetch(told["location"])).content
        assert hashlib.md5(content).hexdigest() == told["checksum"] == image["md5"]
        await tell(station, PUBLISH_NOTICE, *statuses[:-1], requestId=told["requestId"])
        await tell(station, PUBLISH_NOTICE, statuses[-1], requestId=told["requestId"], **last)
        found = await job(platform)
        assert (said(found), found["kind"]) == (list(statuses), "publish")
        return found


@both
async def test_tc_l_17_firmware_is_published_at_places(platform: Platform, protocol: str) -> None:
    places = ["http://10.0.0.2/one.bin", "ftp://10.0.0.2/one.bin"]
    steps = ("Downloading", "Downloaded", "ChecksumVerified", "Published")
    done = await published(platform, protocol, *steps, location=places)
    assert (done["outcome"], done["statuses"][-1]["locations"]) == ("done", places)


@both
async def test_tc_l_24_a_publication_whose_download_fails_is_shown(platform: Platform, protocol: str) -> None:
    assert (await published(platform, protocol, "Downloading", "DownloadFailed"))["outcome"] == "failed"


@both
async def test_tc_l_19_a_publication_with_a_wrong_checksum_is_shown(platform: Platform, protocol: str) -> None:
    failed = await published(platform, protocol, "Downloading", "Downloaded", "InvalidChecksum")
    assert failed["outcome"] == "failed"


@both
async def test_tc_l_20_a_publication_that_fails_is_shown(platform: Platform, protocol: str) -> None:
    failed = await published(platform, protocol, "Downloading", "Downloaded", "ChecksumVerified", "PublishFailed")
    assert failed["outcome"] == "failed"


async def unpublished(platform: Platform, protocol: str, word: str) -> tuple[str, str | None]:
    """How an order ends that a local controller answers with this word."""
    async with platform.station(protocol) as station:
        station.answers["UnpublishFirmware"] = {"status": word}
        image = await an_image(platform)
        command = await platform.order("unpublish_firmware", image_id=image["id"])
        assert station.requests("UnpublishFirmware") == [{"checksum": image["md5"]}]
        assert command["wire_status"] == word
        return command["state"], command["effect"]


@both
async def test_tc_l_21_firmware_is_published_no_longer(platform: Platform, protocol: str) -> None:
    assert await unpublished(platform, protocol, "Unpublished") == ("accepted", "done")


@both
async def test_tc_l_22_firmware_that_is_not_there_cannot_be_unpublished(platform: Platform, protocol: str) -> None:
    assert await unpublished(platform, protocol, "NoFirmware") == ("rejected", None)


@both
async def test_tc_l_23_firmware_that_is_being_fetched_is_not_unpublished(platform: Platform, protocol: str) -> None:
    assert await unpublished(platform, protocol, "DownloadOngoing") == ("rejected", None)
