"""Whatever is done to the rows behind the log's back is found, and where."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from service.audit.audit_examples import COLUMNS, SECRET, entry
from studio_detector.errors import RequestError
from studio_detector.service.audit.log import AuditLog
from studio_detector.service.audit.seals import BEGINNING, Sealer
from studio_detector.service.audit.verify import Anchor
from studio_detector.service.secret import ServiceSecret

ROWS = 9
places = st.integers(1, ROWS)
texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8)
#: Another value for each column.
VALUES = {
    "at": st.integers(-(2**63), 2**63 - 1),
    "tenant": texts,
    "actor": texts,
    "action": texts | st.just("audit.broken"),
    "object": texts,
    "outcome": st.sampled_from(["allowed", "refused", "failed", ""]),
    "address": st.none() | texts,
    "seal": st.text("0123456789abcdef", min_size=64, max_size=64) | texts,
}
many = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)


def moved(rows, by, start):
    """Rows from a number on under other numbers."""
    return [(row[0] + by, *row[1:]) if row[0] >= start else row for row in rows]


class ChainContract:
    """Subclasses give ``url``: an empty database."""

    @pytest.fixture
    def written(self, place):
        place.write(ROWS)
        place.original = place.rows()
        place.kept_head = place.head()
        return place

    def test_a_log_that_nobody_touched_is_in_order(self, written):
        verdict = written.verdict()
        assert (verdict.fault, verdict.rows) == (None, ROWS)
        assert verdict.anchor == Anchor(seq=ROWS, seal=written.original[-1][-1])
        assert written.found(verdict.anchor) is None

    def test_an_empty_log_is_in_order(self, place):
        assert place.verdict().anchor == Anchor(seq=0, seal=BEGINNING)
        assert place.found() is None

    @many
    @given(at=places, column=st.sampled_from(sorted(VALUES)), data=st.data())
    def test_a_changed_row_is_found(self, written, at, column, data):
        rows = list(written.original)
        changed = dict(zip(COLUMNS, rows[at - 1], strict=True))
        value = data.draw(VALUES[column])
        assume(value != changed[column])
        rows[at - 1] = tuple((changed | {column: value}).values())
        written.replace(rows)
        assert written.found() == ("changed", at)

    @many
    @given(at=places)
    def test_a_row_taken_out_is_found(self, written, at):
        rows = [row for row in written.original if row[0] != at]
        written.replace(rows)
        assert written.found() == ("cut" if at == ROWS else "missing", at)

    @many
    @given(at=st.integers(1, ROWS - 1))
    def test_a_row_taken_out_is_found_though_the_others_close_ranks(self, written, at):
        rows = [row for row in written.original if row[0] != at]
        written.replace(moved(rows, -1, at + 1))
        assert written.found() == ("changed", at)

    @many
    @given(at=places, seal=VALUES["seal"])
    def test_a_row_put_in_between_is_found(self, written, at, seal):
        new = (at, 1, "default", "key:forged", "api.get", "", "allowed", None, seal)
        rows = moved(written.original, 1, at)
        written.replace(sorted([*rows, new]))
        assert written.found() == ("inserted", at)

    @pytest.mark.parametrize(("number", "place_found"), [(0, 0), (-7, -7), (ROWS + 1, ROWS + 1)])
    def test_a_row_put_at_either_end_is_found(self, written, number, place_found):
        new = (number, *written.original[-1][1:])
        written.replace([*written.original, new])
        assert written.found() == ("inserted", place_found)

    @many
    @given(one=places, other=places)
    def test_rows_that_changed_places_are_found(self, written, one, other):
        assume(one < other)
        rows = list(written.original)
        rows[one - 1], rows[other - 1] = (
            (one, *rows[other - 1][1:]),
            (other, *rows[one - 1][1:]),
        )
        written.replace(rows)
        # Of neighbours, the second looks as if something had been put before it.
        assert written.found() in {("changed", one), ("inserted", one)}

    @many
    @given(left=st.integers(0, ROWS - 1))
    def test_an_end_cut_off_is_found(self, written, left):
        written.replace(written.original[:left])
        assert written.found() == ("cut", left + 1)

    @many
    @given(left=st.integers(1, ROWS - 1))
    def test_an_end_cut_off_is_found_though_the_head_was_moved_back(self, written, left):
        """The seals of all rows can be read, but not the mark of a head."""
        seal = written.original[left - 1][-1]
        written.replace(written.original[:left], head=(left, seal, written.kept_head.mark))
        assert written.found() == ("head", left)
        written.replace(written.original, head=written.kept_head)

    @many
    @given(
        change=st.fixed_dictionaries(
            {}, optional={"seq": places, "seal": VALUES["seal"], "mark": VALUES["seal"]}
        )
    )
    def test_a_changed_head_is_found(self, written, change):
        head = tuple((written.kept_head._asdict() | change).values())
        assume(head != tuple(written.kept_head))
        written.replace(written.original, head=head)
        assert written.found() == ("head", ROWS)
        written.replace(written.original, head=written.kept_head)

    def test_a_head_taken_away_is_found(self, written):
        written.replace(written.original, head=None)
        assert written.found() == ("head", ROWS)

    def test_a_log_thrown_away_as_a_whole_needs_an_anchor(self, written):
        anchor = written.verdict().anchor
        written.replace([], head=None)
        assert written.found() is None
        assert written.found(anchor) == ("cut", 1)

    def test_an_older_head_that_was_kept_needs_an_anchor(self, place):
        place.write(3)
        older_rows, older_head = place.rows(), place.head()
        place.write(3, at=3)
        anchor = place.verdict().anchor
        place.replace(older_rows, head=older_head)
        assert place.found() is None
        assert place.found(anchor) == ("cut", 4)

    def test_a_log_written_anew_with_the_key_needs_an_anchor(self, written):
        anchor = written.verdict().anchor
        sealer = Sealer(SECRET.key("audit"))
        entries = [entry(number, actor="nobody") for number in range(ROWS + 3)]
        rows = list(sealer.rows(0, BEGINNING, entries))
        head = sealer.head(rows[-1].seq, rows[-1].seal)
        written.replace(
            [tuple(getattr(row, name) for name in COLUMNS) for row in rows],
            head=(head.seq, head.seal, head.mark),
        )
        assert written.found() is None
        assert written.found(anchor) == ("anchor", ROWS)

    def test_another_secret_makes_no_seal_of_this_log(self, written):
        verdict = written.verdict(secret=ServiceSecret("another secret, which is long enough too"))
        assert (verdict.fault, verdict.seq) == ("changed", 1)

    @pytest.mark.parametrize("left", [0, 4])
    def test_writing_on_does_not_hide_that_rows_were_cut_off(self, written, left):
        """Whoever writes on would make a head that is in order."""
        rows = written.original[:left]
        seal = rows[-1][-1] if rows else ""
        written.replace(rows, head=(left, seal, "0" * 64) if rows else None)
        fresh = AuditLog(written.store.audit, SECRET)
        for log in (fresh, written.log) if rows else (written.log,):
            log.act(entry())
        assert written.found() == ("noticed", left + 1)

    def test_writing_on_notices_an_older_head_that_was_kept(self, place):
        place.write(3)
        older_rows, older_head = place.rows(), place.head()
        place.write(3, at=3)
        place.replace(older_rows, head=older_head)
        place.log.act(entry())
        assert place.found() == ("noticed", 4)

    def test_an_act_is_undone_with_the_transaction_it_is_part_of(self, place):
        """And the log does not take that for tampering."""
        place.write(2)

        def work(_):
            place.log.act(entry(5))
            raise RuntimeError("on purpose")

        with pytest.raises(RuntimeError):
            place.store.audit._db.write(work)
        place.log.act(entry(6))
        assert [row[COLUMNS.index("actor")] for row in place.rows()] == ["key:0", "key:1", "key:6"]
        assert place.found() is None

    def test_rows_of_two_histories_do_not_mix(self, place):
        """Each was written with the key, and has its right number."""
        place.write(3)
        kept, kept_head = place.rows(), place.head()
        place.write(2, at=10)
        other = place.rows()
        place.replace(kept, head=kept_head)
        AuditLog(place.store.audit, SECRET)._append([entry(20), entry(21)])
        assert place.found() is None
        place.replace([*kept, other[3], place.rows()[4]])
        assert place.found() == ("changed", 5)

    def test_a_head_taken_away_does_not_stop_the_log(self, written):
        written.replace(written.original, head=None)
        AuditLog(written.store.audit, SECRET).act(entry())
        assert written.found() == ("noticed", ROWS + 1)
        assert written.verdict().rows == ROWS + 2

    def test_rows_beyond_the_head_do_not_stop_the_log(self, written):
        written.replace([*written.original, (ROWS + 1, *written.original[-1][1:])])
        written.log.act(entry())
        assert written.found() == ("changed", ROWS + 1)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE audit_log SET actor = 'nobody' WHERE seq = 2",
            "DELETE FROM audit_log WHERE seq = 2",
            "DELETE FROM audit_head",
        ],
    )
    def test_the_database_refuses_to_change_rows(self, written, statement):
        with pytest.raises(DBAPIError, match="append-only"), written.engine.begin() as connection:
            connection.execute(text(statement))
        assert written.rows() == written.original

    def test_a_log_of_several_parts_is_walked_to_its_end(self, place, monkeypatch):
        monkeypatch.setattr("studio_detector.service.audit.verify._PART", 4)
        place.write(ROWS)
        assert place.verdict().rows == ROWS
        rows = place.rows()
        place.replace([*moved(rows, 1, 4), (4, *rows[0][1:])])
        assert place.found() == ("inserted", 4)

    def test_text_that_no_database_holds_is_sealed_as_it_is_kept(self, place):
        place.log.act(entry(actor="a\0b\ud800", object="\0", address="\udfff"))
        assert place.found() is None

    def test_the_newest_come_first_page_by_page_and_each_tenant_sees_its_own(self, place):
        for number in range(7):
            place.log.act(entry(number, tenant="b" if number == 3 else "default"))
        page = place.store.audit.find("default", limit=4)
        more = place.store.audit.find("default", page.cursor, limit=4)
        assert [row.seq for row in (*page.items, *more.items)] == [7, 6, 5, 3, 2, 1]
        assert more.cursor is None
        assert [row.seq for row in place.store.audit.find("b").items] == [4]
        assert len(place.store.audit.find().items) == 7
        with pytest.raises(RequestError):
            place.store.audit.find("default", "nonsense")


class TestSqliteChain(ChainContract):
    @pytest.fixture
    def url(self, sqlite_url):
        return sqlite_url

    @pytest.mark.parametrize("column", sorted(VALUES))
    def test_a_value_of_another_kind_is_found(self, written, column):
        """SQLite takes any kind of value in any column."""
        rows = list(written.original)
        changed = dict(zip(COLUMNS, rows[2], strict=True)) | {column: b"\xff"}
        rows[2] = tuple(changed.values())
        written.replace(rows)
        assert written.found() == ("changed", 3)


@pytest.mark.services
class TestPostgresChain(ChainContract):
    @pytest.fixture
    def url(self, postgres_url):
        return postgres_url

    def test_the_database_refuses_to_empty_the_table(self, written):
        with pytest.raises(DBAPIError, match="append-only"), written.engine.begin() as connection:
            connection.execute(text("TRUNCATE audit_log"))


@pytest.mark.parametrize(
    "text_given",
    [
        "",
        "5",
        f"5:{'g' * 64}",
        f"-5:{'0' * 64}",
        f"x:{'0' * 64}",
        f"5:{'0' * 63}",
        f"{'9' * 5000}:{'0' * 64}",
    ],
    ids=range(7),
)
def test_what_is_no_anchor_is_refused(text_given):
    with pytest.raises(RequestError, match="audit head"):
        Anchor.read(text_given)


def test_an_anchor_is_read_as_it_is_written():
    anchor = Anchor(seq=12, seal="ab" * 32)
    assert Anchor.read(f" {anchor}\n") == anchor
