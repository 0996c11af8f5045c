"""The store on SQLite keeps its promises."""

from __future__ import annotations

import pytest

from service.store.store_contract import StoreContract


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def url(self, laid_sqlite_url):
        return laid_sqlite_url
