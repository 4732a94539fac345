"""Which names of environment variables promise a secret."""

from __future__ import annotations

import re

_SECRET_NAME = re.compile(r"(?:^|_)(PASSWORD|PASSWD|PASS|PWD|TOKEN|SECRET|APIKEY|CREDENTIALS?|KEY)S?(?:_|$)", re.I)
_NO_SECRET = re.compile(
    r"(?:_|^)(FILE|PATH|NAME|URL|HOST|TTL|EXPIRY|EXPIRES(_IN)?|ISSUER|PUBLIC_KEY|LENGTH|DIR|REF|ID)$", re.I
)


def looks_secret(name: str) -> bool:
    """Tell whether a variable's name promises a secret (``DB_PASSWORD``, not ``TOKEN_TTL``)."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").replace(".", "_")
    return bool(_SECRET_NAME.search(words)) and not _NO_SECRET.search(words)
