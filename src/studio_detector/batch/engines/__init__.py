"""Batches on engines that exist: Daft, Ray Data and Spark, each by a few lines of adapter.

An engine reads, schedules, retries and writes; what it runs is `studio_detector.batch.scoring`
in a `replica.Replica` for each process. Nothing here schedules anything. `run.run` is the way
in from the command line; the ``score_*`` functions are for pipelines that exist already.
"""

from __future__ import annotations
