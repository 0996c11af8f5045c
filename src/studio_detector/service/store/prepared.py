"""Statements that run for every picture, handed to SQLite's driver itself.

SQLAlchemy takes three to five times as long: it looks for the text of the statement, and builds
a context and a result around it, each time anew. Here the text and the conversions of its types
are SQLAlchemy's, too, but asked for once. Its events see none of these statements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy.exc import NoResultFound
from sqlalchemy.sql.compiler import SQLCompiler

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Dialect, Select, UpdateBase
    from sqlalchemy.engine import Connection
    from sqlalchemy.types import TypeEngine

    _Process = Callable[[Any], Any]
    _Statement = Select[*tuple[Any, ...]] | UpdateBase


class Prepared:
    """A statement of one text, whatever the values; on PostgreSQL, SQLAlchemy runs it.

    Args:
        statement: Without lists of values, whose length would change the text. Columns have no
            defaults that Python gives.
    """

    def __init__(self, statement: _Statement) -> None:
        self._statement = statement
        self._texts: WeakKeyDictionary[Dialect, dict[tuple[str, ...], _Text]] = WeakKeyDictionary()

    def first(self, tx: Connection, values: Mapping[str, Any]) -> Sequence[Any] | None:
        """Run it.

        Args:
            tx: A transaction.
            values: Name -> value of each parameter; of an insert, of each column, and the same
                columns in the same order nearly every time.

        Returns:
            The first row; None if there is none.

        Raises:
            sqlalchemy.exc.DBAPIError: On PostgreSQL.
            sqlite3.Error: On SQLite.
        """
        if tx.dialect.name != "sqlite":
            return tx.execute(self._statement, values).first()
        text = self._text(tx, values)
        # All rows, since the statement is not over before.
        rows = text.run(tx, values).fetchall()
        return text.read(rows[0]) if rows else None

    def one(self, tx: Connection, values: Mapping[str, Any]) -> Sequence[Any]:
        """Run a statement that always gives a row back; see `first`."""
        row = self.first(tx, values)
        if row is None:
            raise NoResultFound
        return row

    def run(self, tx: Connection, values: Mapping[str, Any]) -> int:
        """Run a statement that gives no rows back; see `first`.

        Returns:
            How many rows it changed.
        """
        if tx.dialect.name != "sqlite":
            return tx.execute(self._statement, values).rowcount
        return self._text(tx, values).run(tx, values).rowcount

    def _text(self, tx: Connection, values: Mapping[str, Any]) -> _Text:
        names, of_dialect = tuple(values), self._texts.get(tx.dialect)
        if of_dialect is None:
            of_dialect = self._texts.setdefault(tx.dialect, {})
        text = of_dialect.get(names)
        if text is None:
            text = of_dialect[names] = _Text(self._statement, tx.dialect, names)
        return text


class _Text:
    """What SQLAlchemy makes of a statement for SQLite.

    Args:
        statement: The statement.
        dialect: Of the database.
        names: Of the values that come with it.
    """

    def __init__(self, statement: _Statement, dialect: Dialect, names: Sequence[str]) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=names)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 - any statement but of tables
        self._sql = str(compiled)
        self._places: list[tuple[str | None, _Process | None, Any]] = []
        for name in compiled.positiontup or ():
            bind = compiled.binds[name]
            process = _of(bind.type, dialect).bind_processor(dialect)
            if bind.key in names:
                self._places.append((bind.key, process, None))
            else:
                value = compiled.params[name]
                self._places.append((None, None, process(value) if process else value))
        self._reads: list[_Process | None] = [
            _of(column.type, dialect).result_processor(dialect, None)
            for column in statement.exported_columns
        ]

    def run(self, tx: Connection, values: Mapping[str, Any]) -> sqlite3.Cursor:
        driver = cast("sqlite3.Connection", tx.connection.dbapi_connection)
        places = [
            constant if name is None else (process(values[name]) if process else values[name])
            for name, process, constant in self._places
        ]
        return driver.execute(self._sql, places)

    def read(self, row: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(
            [
                value if process is None else process(value)
                for process, value in zip(self._reads, row, strict=True)
            ]
        )


def _of(kind: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    return kind.dialect_impl(dialect)
