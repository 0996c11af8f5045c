"""Colours come out in sRGB; expected values are computed here, from published matrices."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from studio_detector.imaging import load
from studio_detector.imaging.icc import is_srgb

D50 = np.array([0.96422, 1.0, 0.82521])
# Linear RGB to XYZ, adapted to D50 by Bradford (B. Lindbloom, "RGB/XYZ Matrices").
TO_XYZ_D50 = {
    "sRGB": [
        [0.4360747, 0.3850649, 0.1430804],
        [0.2225045, 0.7168786, 0.0606169],
        [0.0139322, 0.0971045, 0.7141733],
    ],
    "Adobe RGB": [
        [0.6097559, 0.2052401, 0.1492240],
        [0.3111242, 0.6256560, 0.0632197],
        [0.0194811, 0.0608902, 0.7448387],
    ],
    "ProPhoto": [
        [0.7976749, 0.1351917, 0.0313534],
        [0.2880402, 0.7118741, 0.0000857],
        [0.0000000, 0.0000000, 0.8252100],
    ],
    # ICC profile "Display P3" of Apple, its colorants.
    "Display P3": [
        [0.51512, 0.29198, 0.15710],
        [0.24120, 0.69225, 0.06657],
        [-0.00105, 0.04189, 0.78407],
    ],
}
GAMMA = {"Adobe RGB": 563 / 256, "ProPhoto": 1.8}
PATCHES = np.array(
    [[120, 110, 100], [60, 90, 120], [200, 170, 150], [255, 255, 255], [0, 0, 0], [128, 128, 128]],
    dtype=np.uint8,
)


def _srgb_decode(signal):
    return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)


def _srgb_encode(light):
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def _expected(patches, space):
    signal = patches / 255
    light = signal ** GAMMA[space] if space in GAMMA else _srgb_decode(signal)
    xyz = light @ np.array(TO_XYZ_D50[space]).T
    return _srgb_encode(xyz @ np.linalg.inv(TO_XYZ_D50["sRGB"]).T) * 255


def _picture(patches, side=8):
    """A row of flat patches, (side, side x patches, 3)."""
    return Image.fromarray(np.repeat(np.repeat(patches[None], side, 0), side, 1))


def _read(frame, count, side=8):
    """The middle of each patch."""
    return frame.rgb[side // 2, side // 2 :: side][:count].astype(float)


def _profile(space, tags):
    """Assemble an ICC v2 display profile with a Lab or XYZ connection space."""
    connection = b"Lab " if any(name == b"A2B0" for name, _ in tags) else b"XYZ "
    table, body = struct.pack(">I", len(tags)), b""
    offset = 128 + 4 + 12 * len(tags)
    for name, data in tags:
        padded = data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", name, offset + len(body), len(data))
        body += padded
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    header = struct.pack(
        ">I4sI4s4s4s12s4s4sIII8sI3i4s44s",
        offset + len(body), b"test", 0x02400000, kind, space, connection,
        struct.pack(">6H", 2026, 1, 1, 0, 0, 0), b"acsp", b"APPL", 0, 0, 0, bytes(8), 0,
        *(round(value * 65536) for value in D50), bytes(4), bytes(44),
    )  # fmt: skip
    return header + table + body


def _xyz_tag(values):
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))


def _text_tags():
    name = b"test"
    description = b"desc\0\0\0\0" + struct.pack(">I", 5) + name + b"\0" + bytes(78)
    return [(b"desc", description), (b"cprt", b"text\0\0\0\0none\0"), (b"wtpt", _xyz_tag(D50))]


def _matrix_profile(space):
    matrix = np.array(TO_XYZ_D50[space])
    if space in GAMMA:
        curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(GAMMA[space] * 256))
    else:
        parameters = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
        curve = b"para\0\0\0\0\0\x03\0\0" + struct.pack(
            ">5i", *(round(value * 65536) for value in parameters)
        )
    colorants = [
        (name, _xyz_tag(matrix[:, i])) for i, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))
    ]
    return _profile(
        b"RGB ", _text_tags() + colorants + [(name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")]
    )


def _grey_profile(gamma):
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))
    return _profile(b"GRAY", [*_text_tags(), (b"kTRC", curve)])


def _ink_profile():
    """A press that prints red where cyan is asked for: two grid points for each ink."""
    ramp = bytes(range(256))
    grid = bytearray()
    for corner in range(16):
        cyan, black = corner >> 3 & 1, corner & 1
        lightness, a, b = (0, 128, 128) if black else (138, 208, 195) if cyan else (255, 128, 128)
        grid += bytes((lightness, a, b))
    identity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + identity + ramp * 4 + bytes(grid) + ramp * 3
    return _profile(b"CMYK", [*_text_tags(), (b"A2B0", table)])


class TestProfiles:
    """Embedded ICC profiles."""

    @pytest.mark.parametrize("space", ["Adobe RGB", "ProPhoto", "Display P3"])
    @pytest.mark.parametrize("format_name", ["PNG", "TIFF", "JPEG", "WEBP"])
    def test_wide_spaces_become_srgb(self, encode, space, format_name):
        """Within a rounding of the published matrices."""
        options = {"lossless": True} if format_name == "WEBP" else {"quality": 100}
        profile = _matrix_profile(space)
        data = encode(_picture(PATCHES), format_name, icc_profile=profile, **options)
        frame = load(data)

        tolerance = 3 if format_name == "JPEG" else 1.5
        assert np.abs(_read(frame, 6) - _expected(PATCHES, space)).max() <= tolerance
        assert () == frame.warnings

    def test_white_stays_white_and_black_black(self, encode):
        """Relative colorimetric rendering with black point compensation."""
        for space in ("Adobe RGB", "ProPhoto", "Display P3"):
            data = encode(_picture(PATCHES), "PNG", icc_profile=_matrix_profile(space))
            patches = _read(load(data), 6)

            assert (255, 255, 255) == tuple(patches[3])
            assert (0, 0, 0) == tuple(patches[4])

    def test_srgb_is_recognised_by_numbers(self, encode):
        """LittleCMS's own and one made of the published matrix, whatever their names."""
        made_by_lcms = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

        assert is_srgb(made_by_lcms)
        assert is_srgb(_matrix_profile("sRGB"))
        for space in ("Adobe RGB", "ProPhoto", "Display P3"):
            assert not is_srgb(_matrix_profile(space))
        data = encode(_picture(PATCHES), "PNG", icc_profile=made_by_lcms)
        assert np.array_equal(_read(load(data), 6), PATCHES)

    @pytest.mark.parametrize("cut", [0, 1, 40, 127, 131, 200, 400])
    def test_no_cut_profile_is_srgb_and_none_raises(self, cut):
        """Recognition reads hostile bytes."""
        profile = _matrix_profile("sRGB")

        assert not is_srgb(profile[:cut])
        assert not is_srgb(profile[:128] + b"\xff" * cut)

    @pytest.mark.parametrize("profile", [b"junk", bytes(128), b"\xff" * 3000])
    def test_a_broken_profile_is_a_warning(self, encode, scene, profile):
        """The picture is then taken for sRGB."""
        frame = load(encode(scene, "PNG", icc_profile=profile))

        assert np.array_equal(np.asarray(scene), frame.rgb)
        assert ("The colour profile is damaged; ignored.",) == frame.warnings

    def test_a_profile_for_other_channels_is_a_warning(self, encode, scene):
        """A CMYK profile in an RGB picture says nothing about it."""
        frame = load(encode(scene, "PNG", icc_profile=_ink_profile()))

        assert np.array_equal(np.asarray(scene), frame.rgb)
        assert "CMYK" in frame.warnings[0]

    def test_grey_profiles_apply(self, encode):
        """Linear grey of 50 % light is sRGB 188."""
        grey = Image.new("L", (16, 16), 128)
        frame = load(encode(grey, "PNG", icc_profile=_grey_profile(1.0)))

        expected = _srgb_encode(np.array(128 / 255)) * 255
        assert abs(frame.rgb - expected).max() <= 1.5
        assert () == frame.warnings

    def test_grey_pictures_take_rgb_profiles(self, encode):
        """Editors leave their working space in grey exports."""
        grey = Image.new("L", (16, 16), 100)
        frame = load(encode(grey, "JPEG", quality=100, icc_profile=_matrix_profile("ProPhoto")))

        expected = _srgb_encode(np.array((100 / 255) ** 1.8)) * 255
        assert abs(frame.rgb - expected).max() <= 2

    def test_ink_profiles_apply(self, encode):
        """Cyan becomes what the profile says: red, here."""
        rows = np.zeros((24, 16, 4), dtype=np.uint8)
        rows[8:16, :, 0] = 255
        rows[16:, :, 3] = 255
        inks = Image.frombytes("CMYK", (16, 24), rows.tobytes())
        frame = load(encode(inks, "TIFF", icc_profile=_ink_profile()))
        white, cyan, black = frame.rgb[4, 8], frame.rgb[12, 8], frame.rgb[20, 8]

        assert white.min() >= 254
        assert cyan[0] > 200
        assert cyan[1] < 60
        assert black.max() <= 1
        assert () == frame.warnings


class TestWithoutProfile:
    """What files say otherwise, or do not say."""

    def test_inks_without_a_profile_are_approximate(self, encode):
        """JPEG stores them inverted, as Adobe does; the outcome is the same."""
        inks = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
        for format_name in ("TIFF", "JPEG"):
            frame = load(encode(inks, format_name))

            assert np.abs(frame.rgb.astype(int) - (255, 0, 0)).max() <= 2
            assert "CMYK" in frame.warnings[0]

    @pytest.mark.parametrize(
        ("tags", "is_adobe"),
        [
            ({ExifTags.IFD.Interop: {1: "R03"}, ExifTags.Base.ColorSpace: 65535}, True),
            ({ExifTags.Base.ColorSpace: 2}, True),
            ({ExifTags.IFD.Interop: {1: "R98"}, ExifTags.Base.ColorSpace: 1}, False),
            ({ExifTags.Base.ColorSpace: 65535}, False),
        ],
    )
    def test_adobe_rgb_by_exif_alone(self, encode, tags, is_adobe):
        """Cameras mark it by interoperability index R03 and embed no profile."""
        exif = Image.Exif()
        exif.get_ifd(ExifTags.IFD.Exif).update(tags)
        frame = load(encode(_picture(PATCHES), "JPEG", quality=100, subsampling=0, exif=exif))

        expected = _expected(PATCHES, "Adobe RGB" if is_adobe else "sRGB")
        assert np.abs(_read(frame, 6) - expected).max() <= 3
        assert is_adobe == any("Adobe RGB" in warning for warning in frame.warnings)

    def test_the_gamma_of_a_png_applies(self, encode):
        """A linear PNG is brightened; the usual gamma changes nothing."""
        for file_gamma, exponent in ((1.0, 1.0), (0.45455, None)):
            chunks = PngImagePlugin.PngInfo()
            chunks.add(b"gAMA", struct.pack(">I", round(file_gamma * 100_000)))
            patches = _read(load(encode(_picture(PATCHES), "PNG", pnginfo=chunks)), 6)

            signal = PATCHES / 255
            expected = PATCHES if exponent is None else _srgb_encode(signal**exponent) * 255
            assert np.abs(patches - expected).max() <= 1

    def test_the_chromaticities_of_a_png_apply(self, encode):
        """Display P3 by numbers equals Display P3 by profile."""
        chunks = PngImagePlugin.PngInfo()
        points = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
        chunks.add(b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in points)))
        patches = _read(load(encode(_picture(PATCHES), "PNG", pnginfo=chunks)), 6)

        assert np.abs(patches - _expected(PATCHES, "Display P3")).max() <= 1.5

    @pytest.mark.parametrize(
        ("codes", "level", "expected"),
        [
            ((12, 13), None, "Display P3"),
            ((1, 13), None, "sRGB"),
            ((1, 8), 128, _srgb_encode(np.array(128 / 255)) * 255),
            # BT.2408: diffuse white of 203 cd/m2 is 58 % PQ and 75 % HLG.
            ((1, 16), 148, 255),
            ((1, 18), 191, 254),
        ],
    )
    def test_colour_codes_of_a_png_apply(self, encode, codes, level, expected):
        """The cICP chunk, with HDR pictures brought to their diffuse white."""
        chunks = PngImagePlugin.PngInfo()
        chunks.add(b"cICP", bytes((*codes, 0, 1)))
        patches = PATCHES if level is None else np.full((6, 3), level, dtype=np.uint8)
        frame = load(encode(_picture(patches), "PNG", pnginfo=chunks))

        if isinstance(expected, str):
            expected = _expected(PATCHES, expected)
        assert np.abs(_read(frame, 6) - expected).max() <= 1.5
        assert (codes[1] in {16, 18}) == any("HDR" in warning for warning in frame.warnings)

    def test_impossible_chromaticities_are_a_warning(self, encode, scene):
        """All primaries in one point make no colours."""
        chunks = PngImagePlugin.PngInfo()
        chunks.add(b"cHRM", struct.pack(">8I", *[30_000] * 8))
        frame = load(encode(scene, "PNG", pnginfo=chunks))

        assert np.array_equal(np.asarray(scene), frame.rgb)
        assert "primaries" in frame.warnings[0]


class TestKindsOfPixels:
    """Grey, 16 bit, palette, alpha, LAB, one bit."""

    def test_grey_becomes_three_equal_channels(self, encode, scene):
        """Whatever the container."""
        grey = scene.convert("L")
        for format_name in ("PNG", "TIFF", "BMP"):
            rgb = load(encode(grey, format_name)).rgb

            assert np.array_equal(np.repeat(np.asarray(grey)[:, :, None], 3, axis=2), rgb)

    @pytest.mark.parametrize("format_name", ["PNG", "TIFF"])
    def test_16_bit_grey_is_rounded_to_8(self, encode, format_name):
        """65,535 is white, 257 is level 1; not clipped at 255 as a plain conversion does."""
        wide = np.arange(0, 65536, 64, dtype=np.uint16).reshape(16, 64)
        rgb = load(encode(Image.fromarray(wide), format_name)).rgb

        assert np.abs(rgb[:, :, 0] - wide / 257).max() <= 0.5

    def test_16_bit_colour_decodes(self):
        """48-bit PNG, made by hand: Pillow does not write it."""
        import zlib

        samples = np.full((4, 4, 3), (65535, 32896, 0), dtype=">u2")
        raw = b"".join(b"\0" + row.tobytes() for row in samples)

        def chunk(name, data):
            return (
                struct.pack(">I", len(data))
                + name
                + data
                + struct.pack(">I", zlib.crc32(name + data))
            )

        data = (
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 16, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(raw))
            + chunk(b"IEND", b"")
        )

        assert (load(data).rgb == (255, 128, 0)).all()

    @pytest.mark.parametrize("format_name", ["PNG", "WEBP", "TIFF"])
    def test_transparency_is_laid_over_white(self, encode, format_name):
        """Half transparent black is mid grey, and a warning says why."""
        picture = Image.new("RGBA", (16, 16), (0, 0, 0, 128))
        frame = load(encode(picture, format_name, lossless=True))

        assert np.abs(frame.rgb.astype(int) - 127).max() <= 1
        assert ("Transparent parts were laid over white.",) == frame.warnings

    def test_opaque_alpha_says_nothing(self, encode, scene):
        """An alpha channel that hides nothing is no loss."""
        frame = load(encode(scene.convert("RGBA"), "PNG"))

        assert np.array_equal(np.asarray(scene), frame.rgb)
        assert () == frame.warnings

    def test_hidden_colours_do_not_bleed(self, encode):
        """Reduction happens after compositing: red under full transparency leaves no pink."""
        picture = np.zeros((1024, 1024, 4), dtype=np.uint8)
        picture[..., 0] = 255
        picture[:, 1::2, 3] = 0
        frame = load(encode(Image.fromarray(picture), "PNG"))

        assert (frame.rgb == 255).all()

    def test_palettes_with_transparency(self, encode):
        """GIF and PNG mark one palette entry."""
        for format_name in ("GIF", "PNG"):
            palette = Image.new("P", (16, 16), 1)
            palette.putpalette([255, 0, 0, 0, 255, 0])
            palette.paste(0, (0, 0, 8, 16))
            frame = load(encode(palette, format_name, transparency=0))

            assert (255, 255, 255) == tuple(frame.rgb[8, 2])
            assert (0, 255, 0) == tuple(frame.rgb[8, 12])

    def test_lab_becomes_srgb(self, encode):
        """L* = 53.4, a* = b* = 0 is mid grey, 128 within a rounding."""
        lab = Image.merge("LAB", [Image.new("L", (8, 8), value) for value in (137, 128, 128)])
        # Pillow packs a* and b* with an offset in memory and signed in TIFF.
        frame = load(encode(lab, "TIFF"))

        assert np.ptp(frame.rgb.astype(int), axis=2).max() <= 3
        assert abs(frame.rgb.mean() - 128) <= 3

    def test_one_bit_is_black_and_white(self, encode):
        """Scans and faxes."""
        bits = Image.new("1", (16, 16), 1)
        bits.paste(0, (0, 0, 8, 16))
        for format_name in ("PNG", "TIFF"):
            rgb = load(encode(bits, format_name)).rgb

            assert (0, 0, 0) == tuple(rgb[8, 2])
            assert (255, 255, 255) == tuple(rgb[8, 12])

    @pytest.mark.parametrize("mode", ["F", "I"])
    def test_samples_without_a_range_are_refused(self, encode, mode):
        """Nobody knows what is white in a floating-point TIFF."""
        from studio_detector.errors import UnsupportedError

        with pytest.raises(UnsupportedError) as caught:
            load(encode(Image.new(mode, (8, 8)), "TIFF"))

        assert "unsupported_variant" == caught.value.code
