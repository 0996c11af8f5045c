"""All promises of the store; each database it runs on is tested with them."""

from __future__ import annotations

import pytest

from service.store.contract_batches import BatchesContract
from service.store.contract_data_keys import DataKeysContract
from service.store.contract_duplicates import DuplicatesContract
from service.store.contract_erasures import ErasuresContract
from service.store.contract_failed_pictures import FailedPicturesContract
from service.store.contract_jobs import JobsContract
from service.store.contract_keys import KeysContract
from service.store.contract_observations import ObservationsContract
from service.store.contract_origins import OriginsContract
from service.store.contract_overview import OverviewContract
from service.store.contract_results import ResultsContract
from service.store.contract_sweeps import SweepsContract
from service.store.contract_together import TogetherContract


class StoreContract(
    JobsContract,
    TogetherContract,
    DuplicatesContract,
    SweepsContract,
    FailedPicturesContract,
    BatchesContract,
    ResultsContract,
    OriginsContract,
    OverviewContract,
    ObservationsContract,
    KeysContract,
    DataKeysContract,
    ErasuresContract,
):
    """Subclasses give the fixture ``url``: an empty database."""

    @pytest.fixture
    def store(self, url, opened):
        """The store of the empty database."""
        return opened(url)
