"""Putting the keys of pictures under the newest master key, so that older ones may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.errors import ConfigError
from studio_detector.service.vault.envelope import DamagedError

if TYPE_CHECKING:
    from studio_detector.service.store import DataKey, DataKeys
    from studio_detector.service.vault.master_keys import MasterKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrapped:
    """What came of it, in keys of pictures.

    Attributes:
        current: That the newest master key had wrapped already.
        rewrapped: That it wraps now; of a trial, that it would.
        missing: Master key that this process does not have -> keys that it has wrapped.
        damaged: That fit no master key, or whose picture is not the one they name.
    """

    current: int
    rewrapped: int
    missing: dict[str, int]
    damaged: int


def rewrap(keys: DataKeys, masters: MasterKeys, *, is_trial: bool = False) -> Rewrapped:
    """Wrap the keys of all kept pictures by the newest master key; the pictures stay as they are.

    It may be broken off and begun again, and the service may run meanwhile.

    Args:
        keys: Where they are.
        masters: The newest, and those that open the others.
        is_trial: Whether everything is tried and nothing is changed.

    Raises:
        BusyError: ``store_unavailable``, or ``storage_unavailable`` if the hook fails.
    """
    newest = masters.newest_id
    before = keys.counts()
    rewrapped = damaged = 0
    missing: dict[str, int] = {}
    for master_id in sorted(before.keys() - {newest}):
        after = ("", "")
        while part := keys.wrapped_by(master_id, after=after):
            after = (part[-1].tenant, part[-1].image_hash)
            changes: dict[DataKey, DataKey] = {}
            for key in part:
                try:
                    changes[key] = masters.wrapped(masters.unwrapped(key), key)
                except DamagedError:
                    damaged += 1
                except ConfigError:
                    missing[master_id] = missing.get(master_id, 0) + 1
            rewrapped += len(changes) if is_trial else keys.rewrap(changes)
    return Rewrapped(
        current=before.get(newest, 0), rewrapped=rewrapped, missing=missing, damaged=damaged
    )
