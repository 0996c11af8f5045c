"""The whole fit on examples whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from learning.synthetic_examples import synthetic
from studio_detector.decision import model_file
from studio_detector.errors import MissingExtraError, ModelError
from studio_detector.learning import metrics
from studio_detector.learning.extract import built_in_registry
from studio_detector.learning.extras import optional
from studio_detector.learning.fit import FitOptions
from studio_detector.learning.predict import predict
from studio_detector.learning.train import TrainingPlan, model_inputs, train
from studio_detector.pipeline.settings import Settings

_PLAN = TrainingPlan(name="tiny", folds=3, repeats=1, grid=(FitOptions(shrinkage=1.0),))


@pytest.fixture(scope="module")
def data():
    return synthetic(900, missing=0.05)


@pytest.fixture(scope="module")
def model(data):
    return train(data.photos, data.table, data.registry, plan=_PLAN)


class TestTrain:
    def test_two_fits_give_equal_files(self, data, model):
        again = train(data.photos, data.table, data.registry, plan=_PLAN)

        assert model_file.dumps(model) == model_file.dumps(again)

    def test_the_file_reads_back(self, model):
        assert model == model_file.loads(model_file.dumps(model), source="x")

    def test_tells_new_photographs_apart(self, model):
        new = synthetic(900, seed=77)
        specs = [analysis.SPEC for analysis in new.registry]

        found = predict(model, new.table, specs)
        lighting = metrics.auc(new.studio, found.lighting)
        full = metrics.auc(new.studio, found.full)
        assert full > lighting > 0.75
        assert metrics.calibration_error(new.studio, found.full) < 0.08

    def test_the_lighting_head_reads_lighting_alone(self, model):
        assert {"light"} == {s.measure.partition(".")[0] for s in model.lighting.shapes}
        assert {"light", "detail"} == {s.measure.partition(".")[0] for s in model.full.shapes}

    def test_records_what_it_was_made_for(self, data, model):
        assert {"light": 1, "detail": 1} == model.analyses
        card = model.card["training_set"]
        assert (900, int(data.studio.sum()), 40) == (
            card["photographs"],
            card["studio"],
            card["groups"],
        )
        assert 0.75 < model.card["cross_validation"]["auto"]["AUC"] < 1

    def test_the_fingerprint_tells_training_sets_apart(self, data, model):
        relabelled = (replace(data.photos[0], group="another"), *data.photos[1:])
        other = train(relabelled, data.table, data.registry, plan=_PLAN)

        one, two = (m.card["training_set"]["fingerprint"] for m in (model, other))
        assert one != two

    def test_measurements_that_tell_nothing_are_an_error_not_a_model(self):
        data = synthetic(300)
        rng = np.random.default_rng(1)
        # Inside each fold noise may look telling; on other groups it points the wrong way.
        data.table.values[:, 3:] = np.nan
        data.table.values[:, 3] = rng.random(300)
        flipped = [int(group[1:]) % 2 == 0 for group in data.groups]
        photos = tuple(
            replace(photo, label="studio" if (value > 0.5) == flip else "natural")
            for photo, value, flip in zip(
                data.photos, data.table.values[:, 3], flipped, strict=True
            )
        )
        half = [i for i, flip in enumerate(flipped) if flip][:100]
        rest = [i for i, flip in enumerate(flipped) if not flip][:100]
        chosen = [photos[i] for i in half + rest]
        # Two folds, each all of one kind: what one teaches is wrong on the other.
        chosen = [
            replace(p, group="even" if i < len(half) else "odd") for i, p in enumerate(chosen)
        ]

        with pytest.raises(ModelError, match="wrong way"):
            train(
                chosen,
                data.table.of([p.name for p in chosen]),
                data.registry,
                plan=replace(_PLAN, folds=2),
            )


def test_the_policy_of_the_pipeline_joins_both_heads(data, model):
    specs = [analysis.SPEC for analysis in data.registry]

    auto = predict(model, data.table, specs)
    always = predict(model, data.table, specs, settings=Settings(phases="all"))
    never = predict(model, data.table, specs, settings=Settings(phases="lighting"))

    assert always.full.tolist() == always.confidence.tolist()
    assert never.lighting.tolist() == never.confidence.tolist()
    doubtful = (auto.lighting >= 0.3) & (auto.lighting <= 0.7)
    assert (~doubtful).tolist() == auto.settled.tolist()
    assert np.where(doubtful, auto.full, auto.lighting).tolist() == auto.confidence.tolist()


def test_models_never_read_what_the_mirror_changes():
    registry = built_in_registry()
    measures = registry.measures()

    inputs = model_inputs(registry, ("lighting", "detail"))
    assert {"invariant"} == {measures[key].mirror for key in inputs}
    assert set(model_inputs(registry, ("lighting",))) < set(inputs)


def test_a_missing_package_names_the_extra():
    with pytest.raises(MissingExtraError, match=r"studio-detector\[train\]") as caught:
        optional("no_such_package_here.inside", purpose="testing")

    assert "no_such_package_here" in caught.value.message
    assert "missing_extra" == caught.value.code
