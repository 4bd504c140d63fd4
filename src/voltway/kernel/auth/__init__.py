"""Who is asking, and what may they do: operators, accounts, API keys, browser sessions, roles.

Nothing is answered to nobody: the edge asks `callers.identify` before it reads a request's body, and a route says with
`Depends(allowed(Permission.X))` what the caller must be permitted. Routes for everybody say so: `Depends(anybody)`.
"""

from voltway.kernel.auth.accounts import create_account as create_account
from voltway.kernel.auth.api_keys import create_api_key as create_api_key
from voltway.kernel.auth.callers import allowed as allowed
from voltway.kernel.auth.callers import anybody as anybody
from voltway.kernel.auth.callers import recently_proved as recently_proved
from voltway.kernel.auth.operators import create_operator as create_operator
from voltway.kernel.auth.operators import find_operator as find_operator
from voltway.kernel.auth.principal import DEFAULT_OPERATOR_ID as DEFAULT_OPERATOR_ID
from voltway.kernel.auth.principal import DEFAULT_OPERATOR_SLUG as DEFAULT_OPERATOR_SLUG
from voltway.kernel.auth.principal import Principal as Principal
from voltway.kernel.auth.principal import acting as acting
from voltway.kernel.auth.roles import Permission as Permission
from voltway.kernel.auth.roles import Role as Role
from voltway.kernel.auth.scope import visible as visible
from voltway.kernel.auth.tables import operators as operators
