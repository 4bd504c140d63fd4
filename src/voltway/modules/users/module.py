"""Users: who may charge. Tokens only, until accounts of drivers come.

Owns: id tokens. Answers: `AuthorizeTokens`. Listens to nothing, publishes nothing.
"""

from voltway.contracts.users import AuthorizeTokens
from voltway.kernel.module import Manifest
from voltway.modules.users import api, handlers

MANIFEST = Manifest(
    name="users",
    answers={AuthorizeTokens: handlers.authorize_tokens},
    routes=lambda: (api.router,),
)
