"""Texture: agreement with an independent implementation, and known surfaces."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.feature import graycomatrix, graycoprops

import synthetic_scenes as scenes
from analysis.base_analysis_test import BaseAnalysisTest
from studio_detector.analysis.detail import texture
from studio_detector.analysis.detail._glcm import Neighbours, texture_properties
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
            "centre_coherent_ratio",
            "difference_contrast",
            "difference_homogeneity",
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
    luma = picture * np.uint8(32) + np.uint8(seed % 32)
    matrix = Neighbours.of(luma).co_occurrence(slice(0, rows), slice(0, columns))
    theirs = graycomatrix(picture, [1], [0, np.pi / 2], levels=8, symmetric=True, normed=True)
    np.testing.assert_allclose(theirs[:, :, 0].mean(axis=2), matrix, atol=1e-12)
    if np.ptp(picture) == 0:
        return
    found = texture_properties(matrix[None])
    for name, expected in by_skimage(picture).items():
        assert expected == pytest.approx(found[name][0], abs=1e-9), name


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
        assert max(border) == pytest.approx(values[f"border_greatest_{name}"]), name
        assert expected - np.mean(border) == pytest.approx(values[f"difference_{name}"]), name


def test_a_textured_subject_on_paper_differs_from_its_border() -> None:
    rgb = np.full((192, 256, 3), 225, dtype=np.uint8)
    rgb[48:144, 64:192] = grain()[48:144, 64:192]
    alone, full = measured(rgb), measured(grain())
    assert alone["border_energy"] == 1
    assert alone["border_correlation"] is None
    assert alone["difference_entropy_bits"] > 3
    assert full["difference_entropy_bits"] == pytest.approx(0, abs=0.3)
    assert alone["border_roughness_db"] < full["border_roughness_db"] - 20
    assert alone["difference_roughness_db"] > 20
    assert alone["smooth_ratio"] > 0.5 > full["smooth_ratio"]


def test_blurring_smooths_every_region() -> None:
    rgb = grain()
    plain, blurred = measured(rgb), measured(cv2.GaussianBlur(rgb, (0, 0), 3))
    for name in (
        "centre_contrast",
        "border_contrast",
        "border_entropy_bits",
        "border_roughness_db",
    ):
        assert blurred[name] < plain[name], name
    for name in ("centre_homogeneity", "border_homogeneity", "smooth_ratio"):
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
    assert values["border_greatest_entropy_bits"] > 2
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
