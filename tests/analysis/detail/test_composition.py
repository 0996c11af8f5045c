"""Composition: blobs, margins, layers and lines are found where the test draws them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import synthetic_scenes as scenes
from analysis.base_analysis_test import BaseAnalysisTest
from studio_detector.analysis.detail import composition
from studio_detector.planes import Planes


def measured(rgb: np.ndarray) -> dict[str, float | None]:
    return dict(composition.measure(Planes(rgb)).values)


def noise(rows: int, columns: int, seed: int = 2) -> np.ndarray:
    rng = np.random.default_rng(seed)
    small = rng.integers(20, 236, (rows // 4, columns // 4, 3), dtype=np.uint8)
    return cv2.resize(small, (columns, rows), interpolation=cv2.INTER_NEAREST)


def blob_at(row: float, column: float, size: float = 0.12) -> np.ndarray:
    """A textured square on grey; place and size as shares of the sides."""
    rgb = np.full((192, 256, 3), 190, dtype=np.uint8)
    rows = slice(round((row - size / 2) * 192), round((row + size / 2) * 192))
    columns = slice(round((column - size / 2) * 256), round((column + size / 2) * 256))
    texture = noise(192, 256)
    texture[..., 2] //= 3
    rgb[rows, columns] = texture[rows, columns]
    return rgb


def with_margin(rgb: np.ndarray, share: float) -> np.ndarray:
    pad = round(share * min(rgb.shape[:2]))
    return cv2.copyMakeBorder(rgb, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=(200, 200, 200))


class TestComposition(BaseAnalysisTest):
    analysis = composition


@pytest.mark.parametrize("row", [1 / 3, 2 / 3])
@pytest.mark.parametrize("column", [1 / 3, 2 / 3])
def test_a_blob_on_a_thirds_point_is_found_there(row: float, column: float) -> None:
    values = measured(blob_at(row, column))
    centred = measured(blob_at(0.5, 0.5))
    assert row == pytest.approx(values["centroid_row_ratio"], abs=0.02)
    assert column - 0.5 == pytest.approx(values["centroid_column_ratio"], abs=0.02)
    assert values["thirds_concentration"] > 4 * centred["thirds_concentration"]
    assert centred["centre_concentration"] > values["centre_concentration"]


def test_an_even_texture_has_no_preferred_place() -> None:
    values = measured(noise(192, 256))
    for name in ("thirds_concentration", "centre_concentration", "border_concentration"):
        assert values[name] == pytest.approx(1, abs=0.1)
    assert values["saliency_entropy_bits"] > 9.9
    assert values["upright_spread"] == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("shape", [(256, 128), (128, 256), (192, 192)], ids=str)
def test_the_shape_of_the_frame_does_not_leak_into_the_spread(shape: tuple[int, int]) -> None:
    """An even texture spreads evenly whatever the aspect of the picture."""
    values = measured(noise(*shape))
    assert values["upright_spread"] == pytest.approx(0, abs=0.06)
    assert values["row_spread_ratio"] == pytest.approx(values["column_spread_ratio"], abs=0.02)


def test_adding_an_empty_margin_raises_negative_space() -> None:
    rgb = noise(128, 128)
    found = [measured(with_margin(rgb, share)) for share in (0, 0.2, 0.5)]
    for name in (
        "negative_space_ratio",
        "plain_space_ratio",
        "empty_row_ratio",
        "empty_column_ratio",
        "top_margin_ratio",
        "narrower_side_margin_ratio",
        "wider_side_margin_ratio",
        "border_main_colour_ratio",
    ):
        values = [values[name] for values in found]
        assert sorted(values) == values, name
        assert values[0] < values[-1], name
    for name in ("detail_box_ratio", "border_concentration", "border_colour_entropy_bits"):
        values = [values[name] for values in found]
        assert sorted(values, reverse=True) == values, name


def test_margin_is_measured_in_sides() -> None:
    """A square of half the side leaves a quarter of it free on each."""
    values = measured(with_margin(noise(128, 128), 0.5))
    for name in ("top_margin_ratio", "narrower_side_margin_ratio", "wider_side_margin_ratio"):
        assert values[name] == pytest.approx(0.25, abs=0.03)


def test_mirroring_keeps_symmetry_and_moves_the_centroid_across() -> None:
    rgb = blob_at(0.4, 0.3)
    plain, mirrored = measured(rgb), measured(scenes.mirrored(rgb))
    for name in ("left_right_symmetry", "saliency_symmetry", "top_bottom_symmetry"):
        assert plain[name] == pytest.approx(mirrored[name], abs=1e-4)
    assert plain["centroid_column_ratio"] == pytest.approx(-mirrored["centroid_column_ratio"])


def test_a_symmetric_picture_has_full_symmetry() -> None:
    half = noise(192, 128)
    whole = np.concatenate([half, half[:, ::-1]], axis=1)
    values = measured(whole)
    assert values["left_right_symmetry"] == pytest.approx(1, abs=1e-3)
    assert values["saliency_symmetry"] == pytest.approx(1, abs=1e-3)
    assert values["top_bottom_symmetry"] < 0.5


def test_turning_by_90_degrees_swaps_upright_and_lying() -> None:
    rgb = scenes.window_room().rgb
    plain, turned = measured(rgb), measured(np.ascontiguousarray(np.rot90(rgb)))
    for one, other in (
        ("upright_edge_ratio", "lying_edge_ratio"),
        ("row_layer_ratio", "column_layer_ratio"),
        ("row_spread_ratio", "column_spread_ratio"),
        ("left_right_symmetry", "top_bottom_symmetry"),
        ("side_difference_delta_e", "top_bottom_difference_delta_e"),
    ):
        assert plain[one] == pytest.approx(turned[other], abs=0.02, rel=0.02), one
        assert plain[other] == pytest.approx(turned[one], abs=0.02, rel=0.02), other
    assert plain["upright_spread"] == pytest.approx(-turned["upright_spread"], abs=0.02)


def test_a_horizon_parts_two_layers() -> None:
    rgb = noise(192, 256) // 8 + np.uint8(30)
    rgb[:96] = (150, 180, 220)
    values = measured(rgb)
    assert values["row_layer_ratio"] > 0.9
    assert values["column_layer_ratio"] < 0.1
    assert values["top_bottom_difference_delta_e"] > 40
    assert values["side_difference_delta_e"] < 3


def test_subject_is_outlined_by_its_colour() -> None:
    rgb = np.full((256, 256, 3), 230, dtype=np.uint8)
    cv2.circle(rgb, (128, 128), 64, (160, 30, 30), -1)
    values = measured(rgb)
    assert np.pi / 16 == pytest.approx(values["subject_area_ratio"], rel=0.05)
    assert values["subject_separability"] > 0.95
    assert values["subject_border_ratio"] == 0
    assert values["surroundings_activity"] == pytest.approx(-1, abs=0.1)
    assert values["centre_border_overlap"] < 0.3


def test_more_colours_along_the_lower_side_raise_the_entropy_of_the_border_not_of_the_arch() -> (
    None
):
    rgb = np.full((256, 256, 3), 200, dtype=np.uint8)
    rgb[100:150, 100:150] = (90, 20, 20)
    busy = rgb.copy()
    busy[-32:, 40:-40] = noise(256, 256)[-32:, 40:-40]
    plain, values = measured(rgb), measured(busy)
    assert values["border_colour_entropy_bits"] > plain["border_colour_entropy_bits"] + 1
    assert values["border_main_colour_ratio"] < plain["border_main_colour_ratio"]
    assert values["arch_colour_entropy_bits"] == plain["arch_colour_entropy_bits"]


def test_a_picture_that_repeats_itself_is_self_similar() -> None:
    rows, columns = np.mgrid[:256, :256]
    stripes = np.where(rows < 128, columns, rows) // 8 % 2 * 150 + 50
    mixed = np.repeat(stripes.astype(np.uint8)[:, :, None], 3, axis=2)
    same, halves = measured(noise(256, 256)), measured(mixed)
    assert same["self_similarity"] > 0.9
    assert halves["self_similarity"] < 0.7
    assert same["least_self_similarity"] > halves["least_self_similarity"]


def test_reducing_contrast_does_not_change_where_things_are() -> None:
    rgb = scenes.packshot().rgb
    faint = (128 + (rgb.astype(np.float32) - 128) * 0.6).astype(np.uint8)
    plain, weak = measured(rgb), measured(faint)
    for name in ("centroid_row_ratio", "centroid_column_ratio", "column_spread_ratio"):
        assert plain[name] == pytest.approx(weak[name], abs=0.02), name


def test_one_tone_has_no_composition() -> None:
    flat = composition.measure(Planes(np.full((200, 300, 3), 90, dtype=np.uint8)))
    assert set(flat.values.values()) == {None}
    assert set(flat.missing.values()) == {"the picture is one flat tone"}


def test_texture_alone_has_no_subject() -> None:
    """What does not differ from the border in colour is not outlined."""
    rng = np.random.default_rng(0)
    grain = rng.integers(126, 131, (192, 256, 1), dtype=np.uint8).repeat(3, axis=2)
    found = composition.measure(Planes(grain))
    assert found.values["subject_area_ratio"] is None
    assert "stands out" in found.missing["subject_area_ratio"]
    assert found.values["saliency_entropy_bits"] is not None
