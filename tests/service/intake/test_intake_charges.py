"""What pictures count for, before anybody has decoded them."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from studio_detector.errors import AccessError
from studio_detector.service.intake.charges import MEGAPIXELS_OF_ADDRESS, Purse, megapixels_of
from studio_detector.service.intake.keeping import Keeping
from studio_detector.service.intake.wishes import NamedAddress, Wishes
from studio_detector.service.rate import Rate
from studio_detector.service.rates.memory import MemoryRates

WISHES = Wishes()


def picture(columns, rows, number=0):
    """A PNG that says how large it is, and no more."""
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", columns, rows)
    return head + number.to_bytes(4, "big")


def archive(*pictures):
    """A zip of them."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for number, data in enumerate(pictures):
            file.writestr(f"{number}.png", data)
    packed.seek(0)
    return packed


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (picture(10_000, 10_000), 100),
        (picture(1000, 1000), 1),
        (picture(1000, 1001), 2),
        (picture(1, 1), 1),
        (b"\xff\xd8\xff" + bytes(1_000_000), 11),
    ],
)
def test_a_picture_counts_for_its_megapixels(data, expected):
    """Rounded up; one that declares nothing for its bytes."""
    assert expected == megapixels_of(data, 200_000_000)


def test_a_picture_that_is_too_large_counts_for_the_largest_that_is_taken(make_door):
    """It costs nothing but a look at its header, and would else never be answered for."""
    door = make_door(rate_megapixels="250/hour")

    assert "queued" == door.intake.picture(picture(1 << 24, 1 << 24), WISHES, tenant="t").state
    assert "queued" == door.intake.picture(picture(5_000, 10_000), WISHES, tenant="t").state
    with pytest.raises(AccessError):
        door.intake.picture(picture(1, 1), WISHES, tenant="t")


def test_what_is_sent_again_under_its_key_is_charged_once(make_door):
    """Or a client that is careful would be refused the job that it has."""
    door = make_door(rate_megapixels="100/hour")
    data = picture(10_000, 10_000)
    first = door.intake.picture(data, WISHES, tenant="t", idempotency_key="k")
    again = door.intake.picture(data, WISHES, tenant="t", idempotency_key="k")

    assert first.id == again.id
    with pytest.raises(AccessError):
        door.intake.picture(data, WISHES, tenant="t", idempotency_key="another")


def test_ten_thousand_large_pictures_are_refused_early(make_door, tmp_path):
    """All but the first few, before they are kept or a job is made of them."""
    door = make_door(rate_megapixels="1000/hour")
    refused = []
    for number in range(10_000):
        try:
            door.intake.picture(picture(10_000, 10_000, number), WISHES, tenant="t")
        except AccessError as error:
            refused.append(error)

    assert 10_000 - 10 == len(refused)
    assert {"rate_limited"} == {error.code for error in refused}
    assert all(0 < error.retry_after_s <= 2 * 3600 for error in refused)
    assert 10 == door.store.jobs.backlog()
    assert 10 == sum(path.is_file() for path in (tmp_path / "pictures").rglob("*"))


def test_other_tenants_have_their_own(make_door):
    """Nobody pays for another."""
    door = make_door(rate_megapixels="100/hour")
    door.intake.picture(picture(10_000, 10_000, 1), WISHES, tenant="a")

    with pytest.raises(AccessError):
        door.intake.picture(picture(1, 1, 2), WISHES, tenant="a")
    assert "queued" == door.intake.picture(picture(1, 1, 2), WISHES, tenant="b").state


def test_an_archive_that_is_too_much_now_is_told_when_it_will_not_be():
    """Not when the window ends, which is half an hour later."""
    moment = [7200.0]
    hourly = {"megapixels": Rate(most=100, window_s=3600)}
    rates = MemoryRates(hourly, clock=lambda: moment[0])
    rates.hit({"megapixels": "t"}, cost=90)
    moment[0] += 1.5 * 3600
    purse = Purse(rates, "t", 200_000_000)
    purse.add(picture(1000, 30_000))

    with pytest.raises(AccessError) as caught:
        purse.add(picture(1001, 30_000))

    # Of the 90, 39 may be left: that is so when 51/90 of the hour have passed.
    assert caught.value.retry_after_s == pytest.approx(51 / 90 * 3600 - 1800)
    moment[0] += caught.value.retry_after_s + 0.01
    purse.pay()


def test_an_archive_is_paid_for_as_a_whole(make_door):
    """One that is too much counts for nothing, and says when to come again."""
    door = make_door(rate_megapixels="100/hour")
    too_much = archive(*(picture(10_000, 4_000, number) for number in range(3)))

    with pytest.raises(AccessError, match="120 megapixels or more, and 100 are taken") as caught:
        door.intake.archive(too_much, WISHES, tenant="t")

    assert caught.value.retry_after_s == 3600
    assert 0 == door.store.jobs.backlog()
    door.intake.archive(archive(picture(10_000, 6_000)), WISHES, tenant="t")
    door.intake.archive(archive(picture(10_000, 4_000)), WISHES, tenant="t")
    with pytest.raises(AccessError, match="rate_megapixels"):
        door.intake.archive(archive(picture(1, 1)), WISHES, tenant="t")


def test_an_archive_is_read_no_further_than_it_is_paid_for(make_door, monkeypatch):
    """Unpacking the rest would be work for nothing."""
    door = make_door(rate_megapixels="100/hour")
    kept = []
    monkeypatch.setattr(Keeping, "add", lambda *arguments: kept.append(arguments))

    with pytest.raises(AccessError):
        door.intake.archive(
            archive(*(picture(10_000, 2_500, number) for number in range(50))), WISHES, tenant="t"
        )

    assert 4 == len(kept)


def test_an_address_counts_for_what_cameras_make(make_door):
    """Nothing is known of it yet."""
    door = make_door(rate_megapixels=f"{3 * MEGAPIXELS_OF_ADDRESS}/hour")
    items = [NamedAddress(url=f"https://example.com/{n}.png") for n in range(3)]

    door.intake.address("https://example.com/a.png", WISHES, tenant="t")
    with pytest.raises(AccessError):
        door.intake.addresses(items, WISHES, tenant="t")
    door.intake.addresses(items[:2], WISHES, tenant="t")

    with pytest.raises(AccessError):
        door.intake.address("https://example.com/b.png", WISHES, tenant="t")


def test_without_a_limit_nothing_is_refused(make_door):
    """Said by a word."""
    door = make_door(rate_megapixels="none")

    for number in range(20):
        door.intake.picture(picture(60_000, 60_000, number), WISHES, tenant="t")
    door.intake.archive(archive(picture(60_000, 60_000)), WISHES, tenant="t")
