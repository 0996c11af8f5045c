"""Studies: each one command that writes a table and a picture under docs/studies/.

They report and choose nothing: no setting and no model follows from a figure on the test split.
"""

from __future__ import annotations
