"""Pictures as files: equal pixels give equal bytes."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def png_bytes(rgb: npt.NDArray[np.uint8]) -> bytes:
    """A picture as PNG, without metadata.

    Args:
        rgb: uint8 (rows, columns, 3), sRGB.
    """
    out = BytesIO()
    Image.fromarray(rgb).save(out, format="PNG", compress_level=6)
    return out.getvalue()


def jpeg_bytes(rgb: npt.NDArray[np.uint8], quality: int = 85) -> bytes:
    """A picture as JPEG with full colour resolution, which thin coloured lines need.

    Args:
        rgb: uint8 (rows, columns, 3), sRGB.
        quality: Pillow's scale, 1 (worst) to 95.
    """
    out = BytesIO()
    # Without `optimize`: Pillow then reserves a byte a pixel, and noise needs more ("Suspension
    # not allowed here").
    Image.fromarray(rgb).save(out, format="JPEG", quality=quality, subsampling=0)
    return out.getvalue()
