"""What can go wrong with operators, members, roles and invitations, in words for the caller."""

from voltway.kernel.errors import Forbidden, NotFound, Problem


class OwnOperator(Problem):
    """Who suspends their own operator locks themselves out."""

    status = 409
    title = "This is your own operator"


class MemberNotFound(NotFound):
    """No such member, or another operator's."""

    title = "Member not found"


class LastAdministrator(Problem):
    """An operator keeps at least one active administrator who sees all of it."""

    status = 409
    title = "This is the last administrator"


class NotYoursToChange(Forbidden):
    """The member may do things that the caller may not."""

    title = "The member may do more than you"


class RoleNotFound(NotFound):
    """No such role, or another operator's."""

    title = "Role not found"


class BuiltInRole(Problem):
    """Built-in roles are alike everywhere: make a role of your own."""

    status = 409
    title = "Built-in roles cannot be changed"


class GroupNotFound(NotFound):
    """No such location group, or another operator's."""

    title = "Location group not found"


class NameTaken(Problem):
    """Another one has this name."""

    status = 409
    title = "Name is taken"


class InUse(Problem):
    """Somebody has it: an account, an API key or an invitation."""

    status = 409
    title = "Somebody has it"


class TooManyOfThem(Problem):
    """An operator has no more of these than the settings say."""

    status = 409
    title = "There are too many"


class InvitationNotFound(NotFound):
    """No such invitation (any more): it was accepted, withdrawn or has expired, or it is for somebody else."""

    title = "Invitation not found"


class AlreadyMember(Problem):
    """This person works for the operator already."""

    status = 409
    title = "Is a member already"


class AlreadyInvited(Problem):
    """There is an invitation for this address; send it again, or withdraw it first."""

    status = 409
    title = "Is invited already"


class StaysPlatformAdmin(Problem):
    """A platform administrator does not become somebody else by an invitation."""

    status = 409
    title = "Platform administrators are not moved"
