"""Settings of the organisations module."""

from voltway.kernel.module import Settings


class OrganisationsSettings(Settings):
    """`organisations.…`"""

    console_url: str | None = None
    """Where people open the console, for the links in mails; the address of this process if not given."""
    invitation_days: int = 7
    """So long an invitation holds."""
    roles_max: int = 100
    """An operator has no more custom roles than this."""
    groups_max: int = 1000
    """An operator has no more location groups than this."""
