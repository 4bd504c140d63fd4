"""The providers of a process, by the settings, in their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from voltway.integrations.payments.port import Abilities, Provider
from voltway.kernel.runtime import Runtime
from voltway.modules.payments.errors import MethodNotOffered
from voltway.modules.payments.providers import invoice, sandbox, terminal, voucher, wallet
from voltway.modules.payments.settings import PaymentsSettings


def _stripe(runtime: Runtime) -> Provider:
    from voltway.integrations.payments.stripe_cards import StripeProvider  # its SDK takes a second to import

    settings = runtime.settings(PaymentsSettings)
    assert settings.stripe_key is not None
    secret = settings.stripe_webhook_secret
    return StripeProvider(
        key=settings.stripe_key.get_secret_value(),
        webhook_secret=None if secret is None else secret.get_secret_value(),
        url=settings.stripe_url,
        is_incremental=settings.stripe_incremental,
        timeout_s=settings.call_timeout_s,
    )


_MAKERS: Mapping[str, Callable[[Runtime], Provider]] = {
    "stripe": _stripe,
    "sandbox": sandbox.Sandbox,
    "wallet": wallet.Wallet,
    "invoice": invoice.Invoice,
    "voucher": voucher.Voucher,
    "terminal": terminal.Terminal,
}


class Providers:
    """The providers of this process (Runtime.state)."""

    def __init__(self) -> None:
        self.by_name: dict[str, Provider] = {}

    def fill(self, runtime: Runtime) -> None:
        """Make the providers that the settings name."""
        if not self.by_name:
            self.by_name = {name: _MAKERS[name](runtime) for name in runtime.settings(PaymentsSettings).providers}


def providers_of(runtime: Runtime) -> Mapping[str, Provider]:
    """All providers, by name."""
    found = runtime.state(Providers)
    found.fill(runtime)
    return found.by_name


def provider_of(runtime: Runtime, name: str) -> Provider:
    """A provider; also one that new payments do not go to any more, where it can be made. Raises MethodNotOffered."""
    found = providers_of(runtime)
    if name not in found:
        raise MethodNotOffered(f"The provider {name} is not set up here.")
    return found[name]


def choose(runtime: Runtime, method: str) -> Provider:
    """Who takes a method. Raises MethodNotOffered."""
    for provider in providers_of(runtime).values():
        if method in provider.abilities.methods:
            return provider
    raise MethodNotOffered.at("$.method", f"{method} is not offered here")


def abilities(runtime: Runtime) -> list[Abilities]:
    """What can be paid with."""
    return [provider.abilities for provider in providers_of(runtime).values()]
