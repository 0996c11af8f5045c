"""Texture: agreement with an independent implementation, and known surfaces."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.feature import graycomatrix, graycoprops, local_binary_pattern

import synthetic_scenes as scenes
from analysis.base_analysis_test import BaseAnalysisTest
from studio_detector.analysis.detail import _glcm, _patterns, texture
from studio_detector.planes import Planes


def measured(rgb: np.ndarray) -> dict[str, float | None]:
    return dict(texture.measure(Planes(rgb)).values)


def grey(luma: np.ndarray) -> np.ndarray:
    return np.repeat(np.asarray(luma, dtype=np.uint8)[:, :, None], 3, axis=2)


def grain(rows: int = 192, columns: int = 256, seed: int = 6) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return grey(cv2.blur(rng.integers(0, 256, (rows, columns), dtype=np.uint8), (3, 3)))


def by_skimage(levels: np.ndarray) -> dict[str, float]:
    matrix = graycomatrix(levels, [1], [0, np.pi / 2], levels=8, symmetric=True, normed=True)
    mean = matrix.mean(axis=3, keepdims=True)
    found = {
        name: float(graycoprops(mean, name)[0, 0])
        for name in ("contrast", "homogeneity", "energy", "correlation")
    }
    share = mean[mean > 0]
    return found | {"entropy_bits": float(-(share * np.log2(share)).sum())}


class TestTexture(BaseAnalysisTest):
    analysis = texture
    # Neighbours in a halved scene (192 px) are a third farther apart on the subject than in
    # the scene at 256 px, and its noise has averaged out.
    size_sensitive = frozenset(
        {
            "border_correlation",
            "border_least_correlation",
            "centre_coherent_ratio",
            "difference_contrast",
            "difference_homogeneity",
            "difference_pattern_entropy_bits",
            "difference_roughness_db",
        }
    )


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(2, 40),
    columns=st.integers(2, 40),
    levels=st.integers(2, 8),
    seed=st.integers(0, 999),
)
def test_co_occurrence_agrees_with_scikit_image(
    rows: int, columns: int, levels: int, seed: int
) -> None:
    """Matrix and properties, each computed by the library independently."""
    picture = np.random.default_rng(seed).integers(0, levels, (rows, columns), dtype=np.uint8)
    matrix = _glcm.co_occurrence(picture)
    theirs = graycomatrix(picture, [1], [0, np.pi / 2], levels=8, symmetric=True, normed=True)
    np.testing.assert_allclose(theirs[:, :, 0].mean(axis=2), matrix, atol=1e-12)
    if np.ptp(picture) == 0:
        return
    found = _glcm.texture_properties(matrix[None])
    for name, expected in by_skimage(picture).items():
        assert expected == pytest.approx(float(found[name][0]), abs=1e-9), name


def test_regions_of_the_picture_are_the_border_strips_and_the_centre() -> None:
    """Each measure equals the library's on the same eighth of the side."""
    rgb = scenes.window_room().rgb
    luma = Planes(rgb).reduced.luma
    levels = luma // 32
    rows, columns = levels.shape
    deep, wide = rows // 8, columns // 8
    sides = [
        by_skimage(part)
        for part in (
            levels[:deep],
            levels[rows - deep :],
            levels[:, :wide],
            levels[:, columns - wide :],
        )
    ]
    inner = by_skimage(levels[2 * deep : rows - 2 * deep, 2 * wide : columns - 2 * wide])
    values = measured(rgb)
    for name, expected in inner.items():
        border = [side[name] for side in sides]
        assert expected == pytest.approx(values[f"centre_{name}"]), name
        if name == "correlation":  # the library calls a region of one level fully correlated
            continue
        assert np.mean(border) == pytest.approx(values[f"border_{name}"]), name
        assert min(border) == pytest.approx(values[f"border_least_{name}"]), name
        assert max(border) == pytest.approx(values[f"border_greatest_{name}"]), name
        assert expected - np.mean(border) == pytest.approx(values[f"difference_{name}"]), name


def test_patterns_agree_with_scikit_image_where_neighbours_are_square() -> None:
    """Its uniform codes on a circle of radius one differ only by interpolated corners."""
    rows, columns = np.mgrid[:40, :40]
    steps = ((columns // 10) * 60).astype(np.uint8)
    ours = _patterns.local_binary_patterns(steps)
    # A tolerance of three levels makes "brighter" what the library calls "not darker" on
    # the negative, shifted by one.
    theirs = local_binary_pattern(255 - steps, 8, 1, method="uniform")[1:-1, 1:-1]
    assert rows.shape == steps.shape
    np.testing.assert_array_equal(8 - theirs, ours)


def test_a_flat_surface_is_flat_and_noise_is_not() -> None:
    flat = _patterns.local_binary_patterns(np.full((20, 20), 80, dtype=np.uint8))
    assert set(np.unique(flat)) == {_patterns.FLAT}
    noise = _patterns.local_binary_patterns(grain()[:, :, 0])
    assert (noise == _patterns.FLAT).mean() < 0.3


def test_tolerance_hides_noise_of_a_few_levels() -> None:
    rng = np.random.default_rng(1)
    faint = (rng.integers(0, 4, (50, 50)) + 100).astype(np.uint8)
    assert (_patterns.local_binary_patterns(faint) == _patterns.FLAT).all()


def test_white_neighbours_of_a_near_white_pixel_do_not_wrap_round() -> None:
    picture = np.full((3, 3), 255, dtype=np.uint8)
    picture[1, 1] = 254
    assert _patterns.local_binary_patterns(picture)[0, 0] == _patterns.FLAT


def test_a_textured_subject_on_paper_differs_from_its_border() -> None:
    rgb = np.full((192, 256, 3), 225, dtype=np.uint8)
    rgb[48:144, 64:192] = grain()[48:144, 64:192]
    alone, full = measured(rgb), measured(grain())
    assert alone["border_energy"] == 1
    assert alone["border_correlation"] is None
    assert alone["difference_entropy_bits"] > 3
    assert full["difference_entropy_bits"] == pytest.approx(0, abs=0.3)
    assert alone["difference_pattern_entropy_bits"] > 1.5
    assert alone["border_roughness_db"] < full["border_roughness_db"] - 20
    assert alone["difference_roughness_db"] > 20
    assert alone["smooth_ratio"] > 0.5 > full["smooth_ratio"]
    assert alone["border_flat_ratio"] == 1


def test_blurring_smooths_every_region() -> None:
    rgb = grain()
    plain, blurred = measured(rgb), measured(cv2.GaussianBlur(rgb, (0, 0), 3))
    for name in (
        "centre_contrast",
        "border_contrast",
        "border_entropy_bits",
        "border_pattern_entropy_bits",
        "border_roughness_db",
        "quartile_roughness_db",
        "median_roughness_db",
        "irregular_pattern_ratio",
    ):
        assert blurred[name] < plain[name], name
    for name in ("centre_homogeneity", "border_homogeneity", "border_flat_ratio"):
        assert blurred[name] > plain[name], name


@pytest.mark.parametrize(
    ("side", "name"), [("top", "top_roughness_db"), ("bottom", "bottom_roughness_db")]
)
def test_a_rough_strip_is_found_on_its_side(side: str, name: str) -> None:
    rgb = np.full((192, 256, 3), 225, dtype=np.uint8)
    place = slice(0, 32) if side == "top" else slice(-32, None)
    rgb[place] = grain()[place]
    values = measured(rgb)
    assert values[name] == values["roughest_side_roughness_db"]
    assert values["smoothest_side_roughness_db"] < 0
    other = "bottom_entropy_bits" if side == "top" else "top_entropy_bits"
    assert values[f"{side}_entropy_bits"] > 2
    assert values[other] == 0
    assert (values["arch_roughness_db"] > 20) == (side == "top")


def test_lines_are_coherent_and_grain_is_not() -> None:
    rows, columns = np.mgrid[:192, :256]
    lines = measured(grey((columns + rows) // 8 % 2 * 120 + 60))
    noise = measured(grain())
    assert lines["coherence"] > 0.9
    assert noise["coherence"] < 0.5
    assert lines["centre_coherent_ratio"] > 0.9
    assert noise["centre_incoherent_ratio"] > 0.3
    assert lines["border_incoherent_ratio"] < 0.05


def test_texture_of_colour_needs_no_texture_of_luma() -> None:
    """Red and green of equal luma: the grey-level measures see nothing."""
    rng = np.random.default_rng(3)
    small = rng.random((24, 32, 1)) < 0.5
    pattern = np.where(small, np.array([200, 61, 90]), np.array([60, 132, 92])).astype(np.uint8)
    rgb = cv2.resize(pattern, (256, 192), interpolation=cv2.INTER_NEAREST)
    values = measured(rgb)
    assert values["border_red_green_texture_db"] > 20
    assert values["border_contrast"] < 0.05
    plain = measured(np.full((192, 256, 3), 120, dtype=np.uint8))
    assert plain["border_red_green_texture_db"] == pytest.approx(10 * np.log10(2))


def test_sides_of_one_tone_overlap_and_of_two_do_not() -> None:
    same = np.full((192, 256, 3), 120, dtype=np.uint8)
    layers = same.copy()
    layers[:96] = 220
    assert measured(same)["sides_tone_overlap"] == 1
    assert measured(layers)["sides_tone_overlap"] == 0
