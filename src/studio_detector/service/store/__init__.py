"""What is true: jobs, results, batches and deliveries, in SQLite or PostgreSQL."""

from __future__ import annotations

from studio_detector.service.store.batches import Batches
from studio_detector.service.store.comparing import Disagreement, Disagreements
from studio_detector.service.store.data_keys import DataKey, DataKeys
from studio_detector.service.store.deliveries import Deliveries
from studio_detector.service.store.feedback import FeedbackNote, FeedbackNotes, FeedbackRow
from studio_detector.service.store.jobs import Jobs
from studio_detector.service.store.open import Store, open_store
from studio_detector.service.store.pictures import Pictures, Spared
from studio_detector.service.store.results import Results
from studio_detector.service.store.terms import Idempotency, NewBatch, plain_payload, utc_now

__all__ = [
    "Batches",
    "DataKey",
    "DataKeys",
    "Deliveries",
    "Disagreement",
    "Disagreements",
    "FeedbackNote",
    "FeedbackNotes",
    "FeedbackRow",
    "Idempotency",
    "Jobs",
    "NewBatch",
    "Pictures",
    "Results",
    "Spared",
    "Store",
    "open_store",
    "plain_payload",
    "utc_now",
]
