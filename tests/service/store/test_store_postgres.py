"""The store on PostgreSQL keeps the same promises."""

from __future__ import annotations

import pytest

from service.store.store_contract import StoreContract


@pytest.mark.services
class TestPostgresStore(StoreContract):
    @pytest.fixture
    def url(self, postgres_url):
        return postgres_url
