"""Orders about how a station reaches us and proves who it is: password, security profile, network profiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voltway.contracts.station_link import CommandOutcome
from voltway.modules.gateway.dialects.arguments import outcome_of, outcome_of_all, wrong
from voltway.modules.gateway.dialects.base import CommandLink, CommandRow
from voltway.modules.gateway.errors import CommandNotSupported
from voltway.wire.ocpp import v16, v21, v201

Arguments = Mapping[str, Any]

_SECURITY, _COMM = v201.Component(name="SecurityCtrlr"), v201.Component(name="OCPPCommCtrlr")
URL_LENGTH_MAX = 512


# ---- the password


async def rotate_16(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    request = v16.ChangeConfigurationRequest(key="AuthorizationKey", value=arguments["password"])
    return outcome_of(await link.call("ChangeConfiguration", request))


async def rotate_2(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    status = await _set(link, _SECURITY, "BasicAuthPassword", arguments["password"])
    return outcome_of_all([status], None)


async def _set(link: CommandLink, component: v201.Component, variable: str, value: str) -> str:
    """Set one variable; the status in the station's word."""
    entry = v201.SetVariableData(attribute_value=value, component=component, variable=v201.Variable(name=variable))
    response: v201.SetVariablesResponse = await link.call(
        "SetVariables", v201.SetVariablesRequest(set_variable_data=[entry])
    )
    return str(response.set_variable_result[0].attribute_status)


# ---- the security profile and the way to us


async def set_profile_16(link: CommandLink, arguments: Arguments) -> CommandOutcome:
    """A05: a key; the station then connects anew by itself."""
    value = str(arguments["security_profile"])
    request = v16.ChangeConfigurationRequest(key="SecurityProfile", value=value)
    return outcome_of(await link.call("ChangeConfiguration", request))


def _profile_201(arguments: Arguments) -> v201.NetworkConnectionProfile:
    if arguments["interface"] == "Any":
        raise CommandNotSupported("Interface Any is known to 2.1 stations only.")
    if arguments.get("identity") is not None or arguments.get("password") is not None:
        raise CommandNotSupported("A network profile with an identity or a password is known to 2.1 stations only.")
    return v201.NetworkConnectionProfile(
        ocpp_version=v201.OCPPVersionEnum.OCPP20,  # 2.0.1 part 2, OCPPVersionEnumType: it stands for 2.0.1
        ocpp_transport=v201.OCPPTransportEnum.JSON,
        ocpp_csms_url=arguments["url"],
        message_timeout=arguments["message_timeout_s"],
        security_profile=arguments["security_profile"],
        ocpp_interface=v201.OCPPInterfaceEnum(arguments["interface"]),
    )


def _profile_21(arguments: Arguments) -> v21.NetworkConnectionProfile:
    return v21.NetworkConnectionProfile(
        ocpp_transport=v21.OCPPTransportEnum.JSON,
        ocpp_csms_url=arguments["url"],
        message_timeout=arguments["message_timeout_s"],
        security_profile=arguments["security_profile"],
        ocpp_interface=v21.OCPPInterfaceEnum(arguments["interface"]),
        identity=arguments.get("identity"),
        basic_auth_password=arguments.get("password"),
    )


def check_network(arguments: Arguments) -> None:
    """Raise InvalidField for an address that does not fit the profile: 1 is without TLS, 2 and 3 with it."""
    url = arguments.get("url")
    if not url:
        raise wrong("url", "say where the station is to connect, or set gateway.tls.url")
    is_tls = url.startswith("wss://")
    if arguments["security_profile"] >= 2 and not is_tls:
        raise wrong("url", f"security profile {arguments['security_profile']} needs wss://")
    if len(url) > URL_LENGTH_MAX:
        raise wrong("url", f"at most {URL_LENGTH_MAX} characters")


def network_rows(profile_of: Any, request_kind: Any) -> dict[str, CommandRow]:
    """The rows of a version: set_network_profile, and what a change of the security profile needs (A05.FR.04)."""

    def check(arguments: Arguments) -> None:
        check_network(arguments)
        profile_of(arguments)

    async def write(link: CommandLink, arguments: Arguments) -> Any:
        request = request_kind(
            configuration_slot=arguments["configuration_slot"], connection_data=profile_of(arguments)
        )
        return await link.call("SetNetworkProfile", request)

    async def set_network_profile(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        return outcome_of(await write(link, arguments), is_done=True)

    async def set_security_profile(link: CommandLink, arguments: Arguments) -> CommandOutcome:
        """The new way is written, put first, and taken with the reset that follows: when nothing charges any more."""
        written = await write(link, arguments)
        steps = [{"step": "SetNetworkProfile", "status": str(written.status)}]
        if steps[-1]["status"] == "Accepted":
            priority = await _set(link, _COMM, "NetworkConfigurationPriority", str(arguments["configuration_slot"]))
            steps.append({"step": "NetworkConfigurationPriority", "status": priority})
            if priority in ("Accepted", "RebootRequired"):
                response = await link.call("Reset", v201.ResetRequest(type=v201.ResetEnum.OnIdle))
                steps.append({"step": "Reset", "status": str(response.status)})
        last = steps[-1]["status"]
        return outcome_of_all([last], steps)

    return {
        "set_network_profile": CommandRow(set_network_profile, check),
        "set_security_profile": CommandRow(set_security_profile, check),
    }


COMMANDS_16: dict[str, CommandRow] = {
    "rotate_password": CommandRow(rotate_16),
    "set_security_profile": CommandRow(set_profile_16),
}
COMMANDS_201: dict[str, CommandRow] = {
    "rotate_password": CommandRow(rotate_2),
    **network_rows(_profile_201, v201.SetNetworkProfileRequest),
}
COMMANDS_21: dict[str, CommandRow] = network_rows(_profile_21, v21.SetNetworkProfileRequest)
