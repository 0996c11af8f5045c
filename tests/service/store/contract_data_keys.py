"""What the store promises about the keys of pictures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.store.store_examples import TENANT, accept_one, at_once, begin, new_job, picture
from studio_detector.service.store import DataKey


def key_for(shown, **changes):
    """A key for an imagined picture."""
    key = DataKey(
        tenant=TENANT,
        image_hash=picture(shown),
        blob=picture(f"blob of {shown}"),
        wrapped=f"wrapped key of {shown}",
        master_id="first",
    )
    return replace(key, **changes)


def take(store, key):
    """Take one, and give it as it is now."""
    (taken,) = store.data_keys.take([key])
    return taken


class DataKeysContract:
    """Taken once, gone for good, wrapped anew."""

    def test_a_key_that_was_taken_is_found(self, store):
        key = key_for("a")
        assert take(store, key) == key
        assert store.data_keys.get(TENANT, picture("a")) == key

    def test_a_picture_without_a_key_has_none(self, store):
        take(store, key_for("a"))
        assert store.data_keys.get(TENANT, picture("b")) is None
        assert store.data_keys.get("other", picture("a")) is None

    def test_who_comes_second_gets_the_first_ones_key(self, store):
        first = take(store, key_for("a"))
        second = key_for("a", blob=picture("else"), wrapped="other", master_id="second")
        assert take(store, second) == first

    def test_many_are_taken_as_one_is(self, store):
        """In the order given, those that are there already as they are."""
        first = take(store, key_for(7))
        fresh = [key_for(n, wrapped=f"fresh {n}") for n in range(600)]

        taken = store.data_keys.take(fresh)

        assert [*fresh[:7], first, *fresh[8:]] == taken
        assert store.data_keys.get(TENANT, picture(599)) == fresh[599]

    def test_two_who_take_the_same_ones_in_other_orders_wait_for_each_other(self, store):
        """And not each for the other."""
        names = range(40)
        orders = [names, names[::-1]] * 4

        taken = at_once(
            8, lambda n: store.data_keys.take([key_for(m, wrapped=str(n)) for m in orders[n]])
        )

        assert 1 == len({frozenset(keys) for keys in taken})

    def test_of_many_at_once_all_get_one_key(self, store):
        found = at_once(12, lambda n: take(store, key_for("a", blob=picture(n), wrapped=str(n))))
        assert len(set(found)) == 1
        assert store.data_keys.get(TENANT, picture("a")) == found[0]

    def test_a_key_that_is_taken_notes_that_its_picture_is_needed(self, store, clock):
        """Until its job is accepted, or five minutes have gone."""
        take(store, key_for("a"))
        clock.move(240)
        assert store.pictures.unneeded(clock.now) == []
        clock.move(120)
        assert store.pictures.unneeded(clock.now) == [(TENANT, picture("a"))]

    def test_a_key_that_was_shredded_is_gone_before_the_bytes_are(self, store):
        take(store, key_for("a"))
        seen = []

        def remove(blob):
            seen.append((blob, store.data_keys.get(TENANT, picture("a"))))

        store.data_keys.shred(TENANT, picture("a"), remove)
        store.data_keys.shred(TENANT, picture("a"), remove)
        assert seen == [(picture("blob of a"), None), (None, None)]

    def test_a_key_goes_in_the_transaction_that_forgets_its_picture(self, store, clock):
        """And the bytes after it, since whoever writes meanwhile would wait for a bucket."""
        take(store, key_for("a"))
        clock.move(3600)
        removed = []

        def delete():
            store.data_keys.shred(TENANT, picture("a"), removed.append)
            assert removed == []

        assert store.pictures.forget(TENANT, picture("a"), before=clock.now, delete=delete)
        assert removed == [picture("blob of a")]
        assert store.data_keys.get(TENANT, picture("a")) is None

    def test_bytes_that_cannot_be_removed_keep_no_others(self, store):
        """Their keys went in one transaction."""
        for name in "abc":
            take(store, key_for(name))
        removed = []

        def remove(blob):
            if blob == picture("blob of a"):
                raise ZeroDivisionError
            removed.append(blob)

        def shred_all():
            for name in "abc":
                store.data_keys.shred(TENANT, picture(name), remove)

        with pytest.raises(ZeroDivisionError):
            store.at_once(shred_all)
        assert removed == [picture("blob of b"), picture("blob of c")]
        assert store.data_keys.counts() == {}

    def test_a_picture_that_is_wanted_after_all_keeps_its_key(self, store, clock):
        """Nothing of the transaction that failed is left, and no bytes are removed."""
        take(store, key_for("a"))
        clock.move(3600)
        removed = []

        def fail():
            store.data_keys.shred(TENANT, picture("a"), removed.append)
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            store.pictures.forget(TENANT, picture("a"), before=clock.now, delete=fail)
        begin(store, accept_one(store, new_job("b")))
        assert removed == []
        assert store.data_keys.get(TENANT, picture("a")) == key_for("a")

    def test_pictures_are_found_by_the_names_of_their_bytes(self, store):
        for n in range(600):
            take(store, key_for(n))
        names = [picture(f"blob of {n}") for n in range(600)]
        found = store.data_keys.of_blobs([*names, picture("unknown")])
        assert found == {names[n]: (TENANT, picture(n)) for n in range(600)}

    def test_keys_are_counted_by_their_master_key(self, store):
        assert store.data_keys.counts() == {}
        for n in range(3):
            take(store, key_for(n, master_id="second" if n else "first"))
        assert store.data_keys.counts() == {"first": 1, "second": 2}

    def test_keys_of_a_master_key_come_in_parts(self, store):
        for n in range(5):
            take(store, key_for(n, tenant="b" if n % 2 else "a"))
        take(store, key_for(9, master_id="second"))
        found, after = [], ("", "")
        while part := store.data_keys.wrapped_by("first", after=after, limit=2):
            assert len(part) <= 2
            found += part
            after = (part[-1].tenant, part[-1].image_hash)
        assert {key.image_hash for key in found} == {picture(n) for n in range(5)}
        assert len(found) == 5

    def test_a_key_is_rewrapped_unless_it_changed_meanwhile(self, store):
        keys = [take(store, key_for(n)) for n in range(3)]
        changes = {key: replace(key, wrapped="new", master_id="second") for key in keys}
        store.data_keys.shred(TENANT, picture(1), lambda _: None)
        store.data_keys.shred(TENANT, picture(2), lambda _: None)
        later = take(store, key_for(2, blob=picture("later"), wrapped="later"))
        assert store.data_keys.rewrap(changes) == 1
        assert store.data_keys.get(TENANT, picture(0)) == changes[keys[0]]
        assert store.data_keys.get(TENANT, picture(1)) is None
        assert store.data_keys.get(TENANT, picture(2)) == later
        assert store.data_keys.rewrap({}) == 0
