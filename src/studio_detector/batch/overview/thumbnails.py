"""Small pictures for the contact sheet, kept as files beside the shards."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

from PIL import Image

from studio_detector.batch import files
from studio_detector.batch.overview.sample import Sample
from studio_detector.errors import StudioDetectorError
from studio_detector.imaging import IsolatedLoader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from studio_detector.batch.overview.sample import Chosen
    from studio_detector.imaging.limits import Limits
    from studio_detector.sources.photo import Photo

#: Long side of a thumbnail.
SIDE_PX = 192
_QUALITY = 75


class Thumbnails:
    """Draws the sample of a run and makes a thumbnail of each picture in it.

    Made as the pictures pass, because members of archives cannot be had again.

    Args:
        folder: Where the files go; made where it is missing.
        per_label: Most pictures for each label.
        limits: Largest pictures accepted.
    """

    def __init__(self, folder: Path, *, per_label: int, limits: Limits) -> None:
        self.sample = Sample(per_label)
        self._folder = folder
        # The bytes are as hostile here as they were to the workers.
        self._loader = IsolatedLoader(working_size_px=SIDE_PX, limits=limits)
        folder.mkdir(exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loader.close()

    def offer(self, row: int, photo: Photo, result: Mapping[str, Any]) -> None:
        """Offer a picture to the sample; a thumbnail that is there already is kept.

        Raises:
            OSError: If a thumbnail cannot be written.
        """
        taken, left = self.sample.offer(row, result)
        if taken is not None and not self._path(taken).exists():
            data = self._small(photo)
            if data is not None:
                files.write_whole(self._path(taken), data)
        if left is not None:
            files.remove(self._path(left))

    def uri(self, chosen: Chosen) -> str | None:
        """The thumbnail as a ``data:`` URI; None if there is none."""
        try:
            data = self._path(chosen).read_bytes()
        except OSError:
            return None
        return f"data:image/jpeg;base64,{base64.b64encode(data).decode('ascii')}"

    def _small(self, photo: Photo) -> bytes | None:
        try:
            frame = self._loader.load(photo.source)
        except StudioDetectorError:  # it is gone, or was changed since
            return None
        file = io.BytesIO()
        Image.fromarray(frame.rgb).save(file, "JPEG", quality=_QUALITY)
        return file.getvalue()

    def _path(self, chosen: Chosen) -> Path:
        return self._folder / f"{chosen.key}.jpg"
