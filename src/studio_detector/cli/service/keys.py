"""``studio-detector keys``: who may call a service, and what they may do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from studio_detector.cli.options import debug_option
from studio_detector.cli.service.opening import audit_of, opened_store, secret_of
from studio_detector.cli.service.options import PLACES, format_option, service_settings
from studio_detector.errors import EXIT_ALL_FAILED, EXIT_OK, EXIT_SOME_FAILED, RequestError
from studio_detector.reporting.printable import printable
from studio_detector.reporting.words import counted
from studio_detector.service.access.roles import Role, Scope
from studio_detector.service.records import DEFAULT_TENANT

if TYPE_CHECKING:
    from datetime import datetime

    from studio_detector.cli.options import Chosen
    from studio_detector.cli.run import Run
    from studio_detector.service.access.api_keys import ApiKeys, Issued
    from studio_detector.service.store.keys import ApiKey

_COLUMNS = ["key", "tenant", "name", "kind", "role", "scopes", "state", "expires", "last used"]
_format_option = format_option(
    "text", "json", help="The secret alone, or a line of JSON with everything about the key."
)


@click.group("keys", short_help="Create, list, rotate and revoke keys of a service.")
def keys() -> None:
    """Keys of a service, through its database: the service may run or rest.

    A key is made with the secret of the service, service_secret or the one in its folder; a
    service with another secret does not know it.
    """


@keys.command(
    "create",
    short_help="Make a key and print it, once.",
    help="""Make a key and print it. Nobody can print it again.

    It is sent as "Authorization: Bearer sk_...". With --signing, a pair of Ed25519 is made
    instead: its private half is printed, signs requests (RFC 9421) and is never sent.""",
)
@click.option("--tenant", default=DEFAULT_TENANT, show_default=True, help="Whose objects it opens.")
@click.option("--name", default="", help="What you call it, for the list; no secret.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.ANALYST.value,
    show_default=True,
    help="What it may do.",
)
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    help="Only this of what its role may; may be repeated.",
)
@click.option(
    "--expires-in", "days", type=float, metavar="DAYS", help="Opens nothing after so many days."
)
@click.option("--signing", is_flag=True, help="Make a pair that signs requests.")
@_format_option
@service_settings(PLACES)
@debug_option
@click.pass_obj
def create(  # noqa: PLR0913 - one for each option
    run: Run,
    *,
    tenant: str,
    name: str,
    role: str,
    scopes: tuple[str, ...],
    days: float | None,
    signing: bool,
    output_format: str,
    chosen: Chosen,
) -> None:
    """Make a key; see the help above."""
    with opened_store(chosen) as (resolved, store):
        from studio_detector.service.access.api_keys import ApiKeys
        from studio_detector.service.audit.acts import COMMAND_LINE, act_of

        made = ApiKeys(store, secret_of(resolved))
        audit = audit_of(resolved, store)
        _warn_of_another_secret(run, made)
        issued = made.create(
            tenant=tenant,
            name=name,
            role=Role(role),
            scopes={Scope(scope) for scope in scopes} or None,
            expires_in_s=None if days is None else days * 86_400.0,
            is_signing=signing,
        )
        audit.act(act_of(COMMAND_LINE, "key.created", issued.key.id, tenant=tenant))
    _show(run, issued, output_format)


@keys.command("list", short_help="List keys, the newest first.")
@click.option("--tenant", help="Only those of this tenant.")
@format_option("table", "jsonl", help="Form of the list.")
@service_settings(PLACES)
@debug_option
@click.pass_obj
def list_keys(run: Run, *, tenant: str | None, output_format: str, chosen: Chosen) -> None:
    """List keys without their secrets, those that open nothing any more too."""
    from studio_detector.cli.sinks import write_table

    with opened_store(chosen) as (resolved, store):
        from studio_detector.service.access.api_keys import ApiKeys

        found = store.keys.find_all(tenant)
        now = store.clock()
        _warn_of_another_secret(run, ApiKeys(store, secret_of(resolved)))
    if output_format == "jsonl":
        for key in found:
            run.output.write(json.dumps(_as_data(key, now)) + "\n")
        return
    rows = [tuple(printable(text) for text in _as_row(key, now)) for key in found]
    write_table(run.output, _COLUMNS, rows)


@keys.command(
    "rotate",
    short_help="Make a key in the place of another, and print it.",
    help="""Make a key that may do what another one may, and print it.

    For a while both are good, so that nothing stops while you exchange them; then the old one
    expires.""",
)
@click.argument("key_id", metavar="KEY")
@click.option(
    "--grace",
    "hours",
    type=click.FloatRange(0),
    default=24.0,
    show_default=True,
    metavar="HOURS",
    help="The old one is good for so long.",
)
@_format_option
@service_settings(PLACES)
@debug_option
@click.pass_obj
def rotate(run: Run, *, key_id: str, hours: float, output_format: str, chosen: Chosen) -> None:
    """Replace a key; see the help above."""
    with opened_store(chosen) as (resolved, store):
        from studio_detector.service.access.api_keys import ApiKeys
        from studio_detector.service.audit.acts import COMMAND_LINE, act_of

        audit = audit_of(resolved, store)
        issued, old = ApiKeys(store, secret_of(resolved)).rotate(key_id, grace_s=hours * 3600.0)
        act = act_of(COMMAND_LINE, "key.rotated", f"{old.id} {issued.key.id}", tenant=old.tenant)
        audit.act(act)
    _show(run, issued, output_format)
    until = old.expires_at.isoformat(timespec="seconds") if old.expires_at else "now"
    run.console.say(f"the key {old.id} is good until {until}\n")


@keys.command(
    "revoke",
    short_help="Have keys open nothing any more.",
    help="""Have keys open nothing any more, and print which.

    Processes of the service that have seen a key in the last five seconds take it until these
    are over; keys that sign are refused at once.""",
)
@click.argument("key_ids", nargs=-1, required=True, metavar="KEY...")
@service_settings(PLACES)
@debug_option
@click.pass_obj
def revoke(run: Run, *, key_ids: tuple[str, ...], chosen: Chosen) -> int:
    """Take keys back; see the help above."""
    failed = 0
    with opened_store(chosen) as (resolved, store):
        from studio_detector.service.audit.acts import COMMAND_LINE, act_of

        audit = audit_of(resolved, store)
        for key_id in key_ids:
            try:
                key = store.keys.revoke(key_id, store.clock())
            except RequestError as error:
                failed += 1
                run.console.say(f"{printable(error.message)}\n")
            else:
                audit.act(act_of(COMMAND_LINE, "key.revoked", key.id, tenant=key.tenant))
                run.output.write(f"{key.id}\n")
    if failed:
        return EXIT_SOME_FAILED if failed < len(key_ids) else EXIT_ALL_FAILED
    return EXIT_OK


def _show(run: Run, issued: Issued, output_format: str) -> None:
    """The secret on standard output, all other words beside it."""
    key = issued.key
    if output_format == "json":
        name = "key" if key.public_key is None else "private_key"
        run.output.write(json.dumps(_as_data(key, key.created_at) | {name: issued.secret}) + "\n")
        return
    run.output.write(issued.secret.rstrip("\n") + "\n")
    what = "the key" if key.public_key is None else "the private half of the key"
    run.console.say(
        f"this is {what} {key.id} of the tenant {key.tenant}, role {key.role}; it is shown this "
        "once, so keep it where secrets are kept\n"
    )


def _warn_of_another_secret(run: Run, made: ApiKeys) -> None:
    foreign = made.of_another_secret()
    if foreign:
        run.console.say(
            f"{counted(len(foreign), 'key')} of this store, {foreign[0].id} among them, were made "
            "with another service_secret; a service knows only those that were made with its own\n"
        )


def _state(key: ApiKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "live" if key.is_live(now) else "expired"


def _kind(key: ApiKey) -> str:
    return "bearer" if key.public_key is None else "signing"


def _as_row(key: ApiKey, now: datetime) -> tuple[str, ...]:
    moments = (
        moment.isoformat(timespec="seconds") if moment else ""
        for moment in (key.expires_at, key.last_used_at)
    )
    scopes = "all" if key.scopes is None else " ".join(key.scopes)
    return (
        *(key.id, key.tenant, key.name, _kind(key), key.role, scopes, _state(key, now)),
        *moments,
    )


def _as_data(key: ApiKey, now: datetime) -> dict[str, Any]:
    return {
        "id": key.id,
        "tenant": key.tenant,
        "name": key.name,
        "kind": _kind(key),
        "role": key.role,
        "scopes": None if key.scopes is None else list(key.scopes),
        "state": _state(key, now),
        "public_key": key.public_key,
        "created_at": key.created_at.isoformat(),
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
        "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
        "replaces": key.replaces,
    }
