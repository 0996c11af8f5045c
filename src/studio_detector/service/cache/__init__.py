"""Results that were given lately, for whoever asks again."""

from __future__ import annotations

from studio_detector.service.cache.base import ResultCache
from studio_detector.service.cache.counted import CountedCache
from studio_detector.service.cache.memory import MemoryCache
from studio_detector.service.cache.open import open_cache

__all__ = ["CountedCache", "MemoryCache", "ResultCache", "open_cache"]
