"""Fitting and judging models on labelled photographs (extra ``train``)."""

from __future__ import annotations
