"""Explanations as HTML pages that need nothing beside them: no network, no script."""
