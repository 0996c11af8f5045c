"""Studies: what they alter, count and write, on small drawn pictures."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import labelled_folder
from learning.synthetic_examples import synthetic
from studio_detector.imaging import load
from studio_detector.learning import metrics
from studio_detector.learning.fit import FitOptions
from studio_detector.learning.judged import Labelled
from studio_detector.learning.predict import Predictions
from studio_detector.learning.splits import grouped_folds
from studio_detector.learning.stack import OutOfFold
from studio_detector.learning.studies import (
    alterations,
    doubt_bounds,
    page,
    refits,
    robustness,
    working_size,
)
from studio_detector.learning.studies.judge import Judge
from studio_detector.learning.studies.options import MODELS, chosen_photos, in_processes
from studio_detector.learning.train import HEAD_PHASES, TrainingPlan, model_inputs, train
from studio_detector.pipeline.detector import Detector
from studio_detector.pipeline.settings import Settings


def png_bytes(rgb):
    data = io.BytesIO()
    Image.fromarray(rgb).save(data, "PNG")
    return data.getvalue()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    paths = [folder / f"{index}.png" for index in range(4)]
    for index, path in enumerate(paths):
        labelled_folder.draw(path, studio=index % 2 == 0, seed=index)
    return paths


@pytest.fixture(scope="module")
def rgb(pictures):
    return load(pictures[1]).rgb


@pytest.mark.parametrize("model", MODELS)
def test_the_judge_says_what_users_get(pictures, model):
    """A study about other numbers than the detector's would be about nothing."""
    detector, judge = Detector(Settings(model=model)), Judge.of()

    expected = [detector.analyse(path).confidence for path in pictures]
    found = [judge.confidences(load(path).rgb)[MODELS.index(model)] for path in pictures]

    assert expected == found


@pytest.mark.parametrize("name", alterations.ALTERATIONS)
def test_every_alteration_gives_a_picture_and_the_same_one_every_time(rgb, name):
    """uint8, three channels, contiguous, and really altered."""
    altered, again = (alterations.ALTERATIONS[name](rgb) for _ in range(2))

    assert (np.uint8, 3) == (altered.dtype, altered.ndim)
    assert np.array_equal(altered, again)
    assert altered.shape != rgb.shape or not np.array_equal(altered, rgb)


def test_a_crop_takes_the_share_off_both_sides_evenly():
    """10 % of a side: 5 % at each end."""
    ramp = np.broadcast_to(np.arange(100, dtype=np.uint8)[None, :, None], (40, 100, 3))

    cut = alterations.crop(ramp, 0.1)

    assert (36, 90, 3) == cut.shape
    assert [5, 94] == cut[0, [0, -1], 0].tolist()


def test_a_stop_doubles_the_light_not_the_number():
    """Linear light of sRGB grey 100 is 0.127; twice that is grey 138."""
    flat = np.full((2, 2, 3), 100, np.uint8)

    assert [138] == np.unique(alterations.exposure(flat, 1)).tolist()
    assert [71] == np.unique(alterations.exposure(flat, -1)).tolist()
    assert np.array_equal(flat, alterations.exposure(flat, 0))


def test_a_warm_cast_and_its_opposite_move_red_and_blue_apart():
    """Green stays."""
    flat = np.full((2, 2, 3), 120, np.uint8)
    red, green, blue = alterations.cast(flat, 1.15)[0, 0].tolist()

    assert red > green == 120 > blue
    assert [blue, green, red] == alterations.cast(flat, 1 / 1.15)[0, 0].tolist()


def test_a_picture_mirrored_twice_is_itself(rgb):
    """And half a size is half a size."""
    assert np.array_equal(rgb, alterations.mirror(alterations.mirror(rgb)))
    rows, columns = rgb.shape[:2]
    assert (rows // 2, columns // 2, 3) == alterations.half_size(rgb).shape


def test_turned_verdicts_are_counted_on_both_sides_of_one_half():
    """One of four turns to studio, one away from it; a change on one side counts as change only."""
    before = np.array([0.4, 0.6, 0.9, 0.1])
    after = np.array([0.6, 0.4, 0.7, 0.1])

    found = robustness.change(
        np.array([True, False, True, False]), before, after, ["a", "b", "c", "d"], resamples=50
    )

    assert (0.5, 0.25) == (found.flips, found.to_studio)
    assert 0.15 == pytest.approx(found.mean_change)
    assert 1.0 == found.balanced_accuracy


def test_sizes_beyond_the_picture_are_the_picture(pictures):
    """72 px are never enlarged, so every size gives the verdict of the original."""
    found = working_size.measure(pictures[0])

    assert 72 == found.long_side_px
    assert 1 == len({one.confidences for one in found.at})
    assert len(working_size.SIZES_PX) == len(found.at)


def test_sizes_below_the_picture_are_measured_apart(tmp_path):
    """Each size on the way down has numbers of its own."""
    noise = np.random.default_rng(1).integers(0, 256, (300, 420, 3), dtype=np.uint8)
    path = tmp_path / "large.png"
    path.write_bytes(png_bytes(noise))

    found = working_size.measure(path)

    assert 420 == found.long_side_px
    below = working_size.SIZES_PX.index(384) + 1
    assert below + 1 == len({one.confidences for one in found.at})
    expected = Judge.of().confidences(load(path, working_size_px=256).rgb)
    assert expected == found.at[working_size.SIZES_PX.index(256)].confidences


def test_the_peak_of_memory_is_that_of_a_process_with_its_libraries(pictures):
    """Tens of megabytes at least on Linux; unknown elsewhere."""
    (peak,) = in_processes(
        partial(working_size.peak_memory_mb, size_px=128), pictures[:1], workers=2
    )

    assert (peak is None) == (not Path("/proc/self/status").exists())
    assert peak is None or 30 < peak < 4000


def test_files_that_are_no_pictures_are_left_out(tmp_path):
    """By every study that reads pictures itself."""
    path = tmp_path / "text.jpg"
    path.write_text("no picture")

    assert working_size.measure(path) is None
    assert robustness.measure(path) is None


def test_the_interval_of_a_share_is_exact():
    """With no failure in n, the lower end is the n-th root of 0.025."""
    assert (0.025 ** (1 / 60), 1.0) == pytest.approx(working_size.kept_interval(60, 60))
    low, high = working_size.kept_interval(0, 10)
    assert (0.0, 1 - 0.025**0.1) == pytest.approx((low, high))
    low, high = working_size.kept_interval(5, 10)
    assert low == pytest.approx(1 - high)


def judged(studio):
    return Labelled(
        photos=(),
        table=None,
        studio=np.array(studio),
        groups=tuple(f"g{index}" for index in range(len(studio))),
    )


def heads(lighting, full):
    return Predictions(
        lighting=np.array(lighting),
        full=np.array(full),
        confidence=np.array(lighting),
        settled=np.ones(len(lighting), dtype=bool),
    )


def test_bounds_decide_which_verdicts_detail_may_turn():
    """Within 0.4 to 0.6 one is mended; at 0.2 to 0.8 one more is spoilt; at one half none runs."""
    truth = judged([True, False, True, False, True, False])
    both = heads([0.45, 0.1, 0.75, 0.3, 0.95, 0.05], [0.9, 0.9, 0.2, 0.4, 0.9, 0.1])

    never, narrow, wide, always = (
        doubt_bounds.bounds(truth, both, low, resamples=50) for low in (0.5, 0.4, 0.2, 0.0)
    )

    assert [0.0, 1 / 6, 0.5, 1.0] == pytest.approx(
        [one.runs for one in (never, narrow, wide, always)]
    )
    assert [(0, 0), (1, 0), (1, 1), (1, 2)] == [
        (one.mended, one.spoilt) for one in (never, narrow, wide, always)
    ]
    assert 0.0 == never.gain
    assert 1 / 6 == pytest.approx(narrow.gain)
    assert metrics.auc(truth.studio, both.full) == always.auc


@pytest.fixture(scope="module")
def fitted():
    """Cues fitted to synthetic examples, and a network that knows nothing."""
    examples = synthetic(500, groups=25)
    plan = TrainingPlan(folds=3, repeats=1, grid=(FitOptions(),))
    cues = train(examples.photos, examples.table, examples.registry, plan=plan)
    folds = np.empty(500, dtype=np.intp)
    parts = grouped_folds(examples.groups, examples.studio.tolist(), folds=3, seed=5)
    for number, fold in enumerate(parts):
        folds[fold.held_out] = number
    logits = np.random.default_rng(4).normal(0, 1, 500)
    network = OutOfFold(logits=logits, folds=folds, digest="")
    fitting = Labelled.of(examples.photos, examples.table)
    inputs = {name: tuple(model_inputs(examples.registry, p)) for name, p in HEAD_PHASES.items()}
    return cues, fitting, inputs, network


def test_leaving_out_what_tells_costs_most(fitted):
    """The labels follow mostly from the lighting, a little from detail, not from the network."""
    cues, fitting, inputs, network = fitted

    def auc(keep, name="cues"):
        model = refits.restricted(cues, keep)
        refit = refits.Refit(cues=model, fitting=fitting, inputs=inputs, network=network)
        return metrics.auc(fitting.studio, refits.out_of_fold(refit)[name].full)

    whole = auc(lambda _: True)

    assert auc(lambda name: name != "detail") < whole
    assert auc(lambda name: name != "light") < whole - 0.15
    assert whole == pytest.approx(auc(lambda _: True, "full"), abs=0.01)
    alone = refits.network_alone(fitting, network)
    assert 0.5 == pytest.approx(metrics.auc(fitting.studio, alone), abs=0.1)


def test_a_restricted_model_keeps_the_other_terms_untouched(fitted):
    """Names decide, nothing is fitted."""
    cues = fitted[0]

    without = refits.restricted(cues, lambda name: name != "light")

    assert all(not s.measure.startswith("light.") for s in without.full.shapes)
    kept = [s for s in cues.full.shapes if s.measure.startswith("detail.")]
    assert kept == list(without.full.shapes)
    assert () == without.lighting.shapes


def test_the_test_split_is_thinned_by_name(labelled_set):
    """Every third, decided ones only."""
    whole = chosen_photos(labelled_set)

    assert {"test"} == {photo.split for photo in whole}
    assert whole[::3] == chosen_photos(labelled_set, every=3)


def test_processes_give_the_results_in_order(pictures):
    """Two spawned processes, the same numbers as this one."""
    rgbs = [load(path).rgb for path in pictures]

    expected = [alterations.mirror(one).tolist() for one in rgbs]
    found = in_processes(alterations.mirror, rgbs, workers=2)
    assert expected == [one.tolist() for one in found]


def test_numbers_are_written_for_people():
    """No minus nought; a dash for what does not exist."""
    assert ["+0.000", "-0.012", "-"] == [
        page.number(-0.00001, sign=True),
        page.number(-0.0123, sign=True),
        page.number(None),
    ]
    assert "| a | b |\n| --- | ---: |\n| x | 1 |" == page.table(("a", "b"), [("x", "1")])


def run(main, *arguments):
    result = CliRunner().invoke(main, [str(one) for one in arguments], catch_exceptions=False)
    assert 0 == result.exit_code, result.output


def test_robustness_writes_the_same_page_and_picture_every_time(labelled_set, tmp_path):
    """Without a date and without a path of the machine."""
    for name in ("one", "two"):
        run(
            robustness.main,
            *("--photos", labelled_set, "--output", tmp_path / name),
            *("--every", 12, "--workers", 1),
        )
    one, two = (
        [(tmp_path / n / f"robustness.{e}").read_bytes() for e in ("md", "svg")]
        for n in ("one", "two")
    )

    assert one == two
    assert b"studies.robustness --every 12`" in one[0]
    assert b"| mirror |" in one[0]
    assert str(tmp_path).encode() not in one[0] + one[1]
    assert one[1].startswith(b"<?xml")


def test_working_size_writes_a_page_with_and_without_larger_pictures(
    labelled_set, tmp_path, monkeypatch
):
    """One that keeps its verdict proves nothing, and the page says how little."""
    monkeypatch.delenv("STUDIO_EDGE", raising=False)
    monkeypatch.setattr(working_size, "peak_memories_mb", lambda _: (100.0,) * 7 + (None,))
    edge = tmp_path / "edge"
    (edge / "highres" / "studio").mkdir(parents=True)
    noise = np.random.default_rng(1).integers(0, 256, (90, 140, 3), dtype=np.uint8)
    (edge / "highres" / "studio" / "a.png").write_bytes(png_bytes(noise))
    common = ("--photos", labelled_set, "--every", 12, "--workers", 1)

    run(working_size.main, *common, "--output", tmp_path / "small")
    run(working_size.main, *common, "--output", tmp_path / "large", "--edge", edge)
    small, large = ((tmp_path / n / "working-size.md").read_text() for n in ("small", "large"))

    assert "Larger pictures" not in small
    assert "| all | 1 of 1 | 100.0 % | 2.5 to 100.0 % |" in large
    assert "so few pictures cannot prove it" in large
    assert 7 == large.count(" | 100 |\n")


def test_doubt_bounds_writes_a_row_for_every_pair_of_bounds(labelled_set, report_cache, tmp_path):
    """The default pair stands out."""
    run(
        doubt_bounds.main,
        *("--photos", labelled_set, "--output", tmp_path),
        *("--cache", report_cache, "--workers", 1),
    )
    text = (tmp_path / "doubt-bounds.md").read_text()

    assert 2 * len(doubt_bounds.LOWER_BOUNDS) == sum(
        " to " in line.split("|")[1] or "never" in line.split("|")[1]
        for line in text.splitlines()
        if line.startswith("| ") and "bounds" not in line
    )
    assert 2 == text.count("**0.3 to 0.7**")
    assert (tmp_path / "doubt-bounds.svg").stat().st_size > 1000


def test_photographers_of_the_training_split_are_known_by_the_name_of_the_file(labelled_set):
    """OWNER__NAME, whatever the case."""
    groups = working_size.fitted_groups(labelled_set)
    owner = min(groups)

    assert working_size.by_one_of(Path(f"{owner.upper()}__1.jpg"), groups)
    assert not working_size.by_one_of(Path("nobody__1.jpg"), groups)
    tested = {photo.group.lower() for photo in chosen_photos(labelled_set)}
    assert not tested & groups
