"""The border to Pillow: its exceptions become codes, its Python warnings stay inside."""

from __future__ import annotations

import contextlib
import threading
import warnings
from typing import TYPE_CHECKING

from PIL import Image

from studio_detector.errors import DecodeError, InputError, LimitError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Fragments of the messages of Pillow and of the libraries below it, in lower case.
_TRUNCATED = (
    "truncated",
    "not enough",
    "unexpected end",
    "end of file",
    "buffer is not large enough",
    "premature",
    "unpack requires",
    "end of data",
)
_UNSUPPORTED = (
    "unsupported",
    "not supported",
    "unknown pixel mode",
    "unknown compression",
    "no codec",
    "not available",
    "cannot handle",
)
_NO_MEMORY = ("out of memory", "memory allocation", "insufficient memory")
_TOO_LARGE = ("security limit",)


class _Hush:
    """Ignores the warnings of PIL's own modules while at least one thread is inside.

    Python keeps one list of warning filters per process, so plain `warnings.catch_warnings`
    in two threads restores it in the wrong order. Only the first one in and the last one
    out touch the list, and the filter names Pillow, so that other code keeps its warnings.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._filters = contextlib.ExitStack()

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._filters.enter_context(warnings.catch_warnings())
                warnings.filterwarnings("ignore", module=r"(PIL|pi_heif)(\.|$)")

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._filters.close()


_HUSH = _Hush()


@contextlib.contextmanager
def pillow_calls(format_name: str) -> Iterator[None]:
    """Run calls into Pillow; whatever they raise leaves as an error of ours.

    Args:
        format_name: Format named in the messages.

    Raises:
        DecodeError: ``truncated`` or ``corrupt``.
        UnsupportedError: ``unsupported_variant``.
        LimitError: ``memory`` when memory ran out, ``limit_pixels`` when Pillow or a codec
            below it found the picture too large.
    """
    try:
        with _HUSH:
            yield
    except InputError:
        raise
    # Pillow documents no closed set: OSError, SyntaxError, RuntimeError, ValueError,
    # TypeError, EOFError, IndexError, KeyError, struct.error, zlib.error have all been seen.
    except Exception as error:
        raise translate(error, format_name) from error


def translate(error: Exception, format_name: str) -> InputError:
    """Turn an exception of Pillow, or of a codec below it, into one of ours."""
    detail = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    said = detail.lower()
    if isinstance(error, MemoryError) or any(words in said for words in _NO_MEMORY):
        return LimitError(
            f"decoding this {format_name} ran out of memory; reduce the picture", code="memory"
        )
    if isinstance(error, Image.DecompressionBombError) or any(w in said for w in _TOO_LARGE):
        return LimitError(
            f"the decoder of {format_name} refuses a picture this large ({detail}); reduce it",
            code="limit_pixels",
        )
    if isinstance(error, NotImplementedError) or any(words in said for words in _UNSUPPORTED):
        return UnsupportedError(
            f"this form of {format_name} is not decoded ({detail}); save it as a plain JPEG or PNG",
            code="unsupported_variant",
        )
    if isinstance(error, EOFError) or any(words in said for words in _TRUNCATED):
        return DecodeError(
            f"the {format_name} file ends before its picture does ({detail}); fetch it again",
            code="truncated",
        )
    return DecodeError(
        f"the {format_name} file is damaged ({detail}); fetch it again or re-save it",
        code="corrupt",
    )
