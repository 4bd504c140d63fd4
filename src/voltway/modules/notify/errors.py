"""What can go wrong with mails and webhooks, in words for the caller."""

from voltway.kernel.errors import InvalidField, NotFound, Problem


class MailNotFound(NotFound):
    """No such mail, or somebody else's."""

    title = "Mail not found"


class MailNotRetryable(Problem):
    """It is on its way, has left, or its text is not kept any more."""

    status = 409
    title = "Mail cannot be sent again"


class WebhookNotFound(NotFound):
    """No such webhook, or somebody else's."""

    title = "Webhook not found"


class DeliveryNotFound(NotFound):
    """No such delivery of this webhook."""

    title = "Delivery not found"


class DeliveryNotFinished(Problem):
    """It is on its way already."""

    status = 409
    title = "Delivery is on its way"


class TooManyWebhooks(Problem):
    """As many as the setting notify.webhooks_max allows."""

    status = 409
    title = "Too many webhooks"


class AddressNotAllowed(InvalidField):
    """The platform does not go there."""

    title = "Address is not allowed"


class PushSubscriptionNotFound(NotFound):
    """No such subscription, or somebody else's."""

    title = "Push subscription not found"
