"""The network: a small convolutional net fine-tuned on light, as one measurement among others."""

from __future__ import annotations
