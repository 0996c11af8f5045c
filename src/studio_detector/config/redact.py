"""Values as they may be shown: without passwords and secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from studio_detector.config.keys import all_keys, flat
from studio_detector.reporting.hidden import HIDDEN, without_password
from studio_detector.service.settings import Secret

if TYPE_CHECKING:
    from studio_detector.config.load import ResolvedSettings


def redacted(name: str, value: Any) -> Any:  # noqa: ANN401 - any setting
    """A setting's value as it may be shown.

    Args:
        name: Its dotted name.
        value: Its value, which need not be of the right type.
    """
    secrecy = all_keys()[name].secrecy
    if secrecy is None or not value:
        return value
    if secrecy is Secret.PASSWORD and isinstance(value, str):
        return without_password(value)
    return tuple(HIDDEN for _ in value) if isinstance(value, tuple) else HIDDEN


def secret_texts(resolved: ResolvedSettings) -> frozenset[str]:
    """Every secret that the settings hold, as it may turn up in the words of others.

    Args:
        resolved: The settings in force.
    """
    found: set[str] = set()
    for name, value in flat(resolved.settings, resolved.service).items():
        secrecy = all_keys()[name].secrecy
        if secrecy is Secret.WHOLE and value:
            found |= set(value) if isinstance(value, tuple) else {value}
        elif secrecy is Secret.PASSWORD and value:
            found |= _passwords(value)
    return frozenset(found)


def bare_options(resolved: ResolvedSettings) -> list[tuple[str, str]]:
    """Secrets that stand on the command line, where everybody on this machine can read them.

    Args:
        resolved: The settings in force.

    Returns:
        (option, the variable to use instead) of each.
    """
    values = flat(resolved.settings, resolved.service)
    return [
        (resolved.origins[name].place, key.variable)
        for name, key in all_keys().items()
        if key.secrecy is not None
        and resolved.origins[name].kind == "option"
        and redacted(name, values[name]) != values[name]
    ]


def _passwords(url: str) -> set[str]:
    try:
        password = urlsplit(url).password
    except ValueError:
        return set()
    return {password, unquote(password)} if password else set()
