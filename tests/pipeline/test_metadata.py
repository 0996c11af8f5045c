"""What a file says about itself changes nothing, and is not repeated."""

from __future__ import annotations

import io

from PIL import Image, PngImagePlugin
from skimage import data

from studio_detector import Detector
from studio_detector.pipeline.settings import Settings

MARK = "Ada-Lovelace-hunter2"
FLASH, MAKE, GPS, COMMENT, EXIF = 0x9209, 0x010F, 0x8825, 0x9286, 0x8769


def picture(**more):
    stream = io.BytesIO()
    Image.fromarray(data.astronaut()[::2, ::2]).save(stream, "PNG", **more)
    return stream.getvalue()


def telling():
    """A picture that claims a flash, a studio, a place and a person."""
    exif = Image.Exif()
    exif[MAKE] = f"{MARK} studio strobe"
    exif.get_ifd(EXIF)[FLASH] = 1
    exif.get_ifd(EXIF)[COMMENT] = MARK.encode()
    exif.get_ifd(GPS)[1] = "N"
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", MARK)
    return picture(exif=exif, pnginfo=text)


def test_metadata_steers_no_verdict_and_is_in_no_report():
    plain, claiming = picture(), telling()
    assert MARK.encode() in claiming
    with Detector(Settings(phases="all")) as detector:
        reports = [
            detector.analyse(io.BytesIO(data)).to_dict(verbose=True, timing=False)
            for data in (plain, claiming)
        ]
    for report in reports:
        assert MARK not in repr(report)
        report.pop("sha256")
    assert reports[0] == reports[1]
