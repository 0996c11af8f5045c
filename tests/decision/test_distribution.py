"""The distribution beside a model: kept, read back, and of that very model."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_detector.analysis.registry import Registry
from studio_detector.decision.distribution import (
    Bins,
    Distribution,
    dumps,
    from_document,
    load_distribution,
    path_beside,
)
from studio_detector.decision.shipped import load_model
from studio_detector.errors import ModelError
from studio_detector.pipeline.settings import Settings

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
SHIPPED = ("cues", "full")


@st.composite
def bins(draw):
    edges = sorted(set(draw(st.lists(NUMBERS, max_size=12))))
    counts = draw(
        st.lists(st.integers(0, 9), min_size=len(edges) + 1, max_size=len(edges) + 1).filter(sum)
    )
    return Bins(edges=tuple(edges), counts=tuple(counts), missing=draw(st.integers(0, 9)))


def distribution(**changes):
    some = Bins(edges=(0.5,), counts=(3, 4), missing=1)
    values = {
        "model": "m@1+0",
        "doubt": (0.3, 0.7),
        "confidence": some,
        "measures": {"shadow.depth": some},
        "in_doubt": {"texture.noise": some},
        "card": {"made_by": "hand", "training_set": {}},
    }
    return Distribution(**(values | changes))


class TestBins:
    @given(bins(), NUMBERS)
    def test_a_value_is_above_the_edge_before_its_bin_and_not_above_its_own(self, found, value):
        """So that each value has one place."""
        place = found.place(value)

        assert place == 0 or found.edges[place - 1] < value
        assert place == len(found.edges) or value <= found.edges[place]

    @given(bins())
    def test_what_is_missing_has_the_last_place(self, found):
        """It is a bin of its own."""
        assert len(found.all_counts) - 1 == found.place(None)
        assert found.missing == found.all_counts[-1]

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"counts": (1, 2, 3)}, "3 bins"),
            ({"edges": (0.5, 0.5), "counts": (1, 2, 3)}, "do not rise"),
            ({"counts": (0, 0), "missing": 0}, "no photographs"),
            ({"counts": (-1, 2)}, "no photographs"),
        ],
    )
    def test_what_does_not_fit_together_is_refused(self, changes, said):
        """Rather than compared with."""
        with pytest.raises(ValueError, match=said):
            Bins(**({"edges": (0.5,), "counts": (1, 2), "missing": 0} | changes))


class TestFile:
    @settings(deadline=None)
    @given(bins())
    def test_what_is_written_reads_back(self, found):
        """To the last bit of an edge."""
        written = distribution(confidence=found, measures={"a.b": found})

        assert written == from_document(json.loads(dumps(written)))

    def test_that_of_a_model_file_lies_beside_it(self, tmp_path):
        """Under the same name."""
        model = tmp_path / "mine.json"
        path_beside(model).write_text(dumps(distribution()), encoding="utf-8")

        assert "mine.distribution.json" == path_beside(model).name
        assert distribution() == load_distribution(str(model))

    @pytest.mark.parametrize("model", ["rules", "nothing.json", "some/where.json"])
    def test_there_need_not_be_one(self, model):
        """Nothing but a gauge depends on it."""
        assert load_distribution(model) is None

    @pytest.mark.parametrize(
        "text", ["", "{}", "[]", '{"format": 2}', dumps(distribution()).replace("0.3", '"x"')]
    )
    def test_one_that_is_damaged_is_told(self, tmp_path, text):
        """With the way to write it again."""
        (tmp_path / "mine.distribution.json").write_text(text, encoding="utf-8")

        with pytest.raises(ModelError, match=r"learning\.distribution") as caught:
            load_distribution(str(tmp_path / "mine.json"))

        assert "model_invalid" == caught.value.code


class TestShipped:
    @pytest.mark.parametrize("name", SHIPPED)
    def test_each_model_has_that_of_itself(self, name):
        """A model that was refitted has another identity: make train writes both."""
        assert load_model(name).identity == load_distribution(name).model

    @pytest.mark.parametrize("name", SHIPPED)
    def test_every_measurement_has_its_bins(self, name):
        """Details those of photographs in doubt, the others of all."""
        found = load_distribution(name)
        registry = Registry.load()
        details = {
            analysis.SPEC.key(measure)
            for analysis in registry.phase("detail")
            for measure in analysis.SPEC.measures
        }

        assert details == found.in_doubt.keys()
        assert set(registry.measures()) - details == found.measures.keys()

    @pytest.mark.parametrize("name", SHIPPED)
    def test_all_bins_are_of_the_same_photographs(self, name):
        """As many as the card says."""
        found = load_distribution(name)
        card = found.card["training_set"]

        every = [found.confidence, *found.measures.values()]
        assert {card["photographs"]} == {sum(bins.all_counts) for bins in every}
        assert {card["in_doubt"]} == {sum(bins.all_counts) for bins in found.in_doubt.values()}
        assert load_model(name).card["training_set"] == {
            key: value for key, value in card.items() if key != "in_doubt"
        }
        assert (Settings().doubt_low, Settings().doubt_high) == found.doubt
