"""Pictures come out upright, whatever they say about how they were held, and only once."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import ExifTags, Image

from studio_detector.imaging import load
from studio_detector.imaging.orientation import upright

TRANSPOSE = Image.Transpose
#: What a camera does to an upright scene before writing the orientation beside it: the
#: inverse of what EXIF 2.32 asks a viewer to do.
STORING = {
    2: TRANSPOSE.FLIP_LEFT_RIGHT,
    3: TRANSPOSE.ROTATE_180,
    4: TRANSPOSE.FLIP_TOP_BOTTOM,
    5: TRANSPOSE.TRANSPOSE,
    6: TRANSPOSE.ROTATE_90,
    7: TRANSPOSE.TRANSVERSE,
    8: TRANSPOSE.ROTATE_270,
}


def _stored(scene: Image.Image, orientation: int) -> Image.Image:
    return scene.transpose(STORING[orientation]) if orientation in STORING else scene


def _exif(orientation: object) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return exif


@pytest.mark.parametrize("orientation", range(1, 9))
class TestAllEight:
    """Each of the eight orientations of EXIF."""

    def test_turning_undoes_what_the_camera_did(self, scene, orientation):
        """Against Pillow's transpositions."""
        stored = np.asarray(_stored(scene, orientation))

        assert np.array_equal(np.asarray(scene), upright(stored, orientation))

    @pytest.mark.parametrize("format_name", ["PNG", "TIFF", "WEBP", "JPEG", "AVIF"])
    def test_files_come_out_upright(self, encode, scene, format_name, orientation):
        """The same scene in every container; AVIF turns by irot and imir instead of EXIF."""
        options = {"lossless": True} if format_name == "WEBP" else {"quality": 95}
        data = encode(_stored(scene, orientation), format_name, exif=_exif(orientation), **options)
        frame = load(data)

        assert (90, 120) == (frame.original_rows_px, frame.original_columns_px)
        assert (90, 120, 3) == frame.rgb.shape
        difference = np.abs(frame.rgb.astype(int) - np.asarray(scene)).mean()
        assert difference <= (0 if format_name in {"PNG", "TIFF", "WEBP"} else 8)
        assert () == frame.warnings

    def test_reduced_pictures_agree_within_a_level(self, encode, orientation):
        """Reduction comes before turning; area averaging does not mind."""
        noise = np.random.default_rng(3).integers(0, 256, (1100, 731, 3), dtype=np.uint8)
        scene = Image.fromarray(noise)
        expected = load(encode(scene, "PNG")).rgb
        turned = load(encode(_stored(scene, orientation), "PNG", exif=_exif(orientation))).rgb

        assert expected.shape == turned.shape
        assert np.abs(expected.astype(int) - turned).max() <= 1


class TestLies:
    """Damaged metadata costs a warning, never the picture."""

    @pytest.mark.parametrize("value", [9, 255, 65535])
    def test_an_impossible_orientation_is_taken_as_upright(self, encode, scene, value):
        """With a warning that shows it."""
        frame = load(encode(scene, "PNG", exif=_exif(value)))

        assert np.array_equal(np.asarray(scene), frame.rgb)
        assert len(frame.warnings) == 1
        assert str(value) in frame.warnings[0]

    def test_zero_means_unknown_and_is_no_lie(self, encode, scene):
        """Many cameras write it."""
        assert () == load(encode(scene, "PNG", exif=_exif(0))).warnings

    @pytest.mark.parametrize(
        "junk", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0junk"]
    )
    def test_a_damaged_block_is_ignored(self, encode, scene, junk):
        """Short blocks, offsets beyond the end, no TIFF header."""
        frame = load(encode(scene, "JPEG", exif=junk, quality=95))

        assert (90, 120, 3) == frame.rgb.shape

    def test_an_oversized_block_is_ignored(self, encode, scene):
        """Interpreting metadata is bounded too."""
        from studio_detector.imaging import Limits

        data = encode(_stored(scene, 6), "PNG", exif=_exif(6))
        frame = load(data, limits=Limits(max_metadata_bytes=4))

        assert (120, 90, 3) == frame.rgb.shape
        assert "too large" in frame.warnings[0]

    def test_an_unknown_orientation_is_a_defect_of_the_caller(self):
        """`upright` itself takes no excuses."""
        with pytest.raises(ValueError, match="got 9"):
            upright(np.zeros((2, 2, 3), dtype=np.uint8), 9)
