"""Everything of the last days together, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from api_service import shadow_variant


class TestOverview:
    def test_what_came_and_what_is_said_is_counted(self, serve):
        """In the shapes that the page draws."""
        with serve(variants=(shadow_variant(),)) as service:
            first, second = service.done("good 1"), service.done("doubtful 1")
            for job in service.get("/jobs").json()["items"]:
                service.get(f"/jobs/{job['id']}", params={"wait": 30})
            notes = service.parts.store.feedback
            notes.add("default", UUID(first["id"]), "natural", "a window")
            notes.add("default", UUID(second["id"]), "natural")

            found = service.get("/overview", params={"days": 2}).json()

        counts = {"studio": 1, "natural": 1, "uncertain": 0}
        # Midnight may have passed in between.
        assert counts == {label: sum(day[label] for day in found["days"]) for label in counts}
        assert found["days"][-1]["day"] <= datetime.now(UTC).date().isoformat()
        assert counts == found["labels"]
        assert (20, 2) == (len(found["confidences"]), sum(found["confidences"]))
        assert {"default": 2, "second": 2} == found["variants"]
        said = found["feedback"]
        assert (2, 1) == (said["judged"], said["agree"])
        (one,) = said["disagreements"]
        assert {
            "result_id": first["id"],
            "image_hash": first["image_hash"],
            "label": "studio",
            "confidence": first["confidence"],
            "feedback": "natural",
            "note": "a window",
        }.items() <= one.items()
        assert datetime.fromisoformat(one["created_at"]).tzinfo is not None

    def test_without_anything_all_is_nought(self, closed):
        """Every label has its place."""
        nought = {"studio": 0, "natural": 0, "uncertain": 0}
        assert {
            "days": [],
            "labels": nought,
            "confidences": [0] * 20,
            "feedback": {"judged": 0, "agree": 0, "disagreements": []},
            "variants": {},
        } == closed.get("/overview").json()

    @pytest.mark.parametrize("days", ["0", "367", "x"])
    def test_days_have_bounds(self, closed, days):
        """Since each result of them is counted."""
        answer = closed.get("/overview", params={"days": days})

        assert (422, "request_invalid") == (answer.status_code, answer.json()["code"])
