"""Which formats this installation decodes, and by which library."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from PIL import features

from studio_detector.imaging.sniff import FORMATS

# Format -> the part of Pillow that decodes it; the others are built in.
_FEATURES = {"JPEG": "jpg", "PNG": "zlib", "WEBP": "webp", "TIFF": "libtiff", "AVIF": "avif"}
_HEIC_PACKAGE = "pi-heif"


@dataclass(frozen=True, slots=True)
class Codec:
    """How a format is decoded.

    Attributes:
        format: Its name.
        library: What decodes it, with its version; None if nothing does.
        remedy: What to do about that; None where there is something.
    """

    format: str
    library: str | None
    remedy: str | None = None


def codecs() -> tuple[Codec, ...]:
    """All formats there are, decoded here or not, in the order of `FORMATS`."""
    return tuple(_codec(name) for name in FORMATS)


def _codec(name: str) -> Codec:
    if name == "HEIC":
        try:
            return Codec(name, f"{_HEIC_PACKAGE} {version(_HEIC_PACKAGE)}")
        except PackageNotFoundError:
            return Codec(name, None, "install the extra heic")
    feature = _FEATURES.get(name)
    if feature is None:
        return Codec(name, "built in")
    if features.check(feature):
        return Codec(name, f"{feature} {features.version(feature)}")
    return Codec(name, None, f"Pillow was built without {feature}")
