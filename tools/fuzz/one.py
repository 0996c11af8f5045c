"""Tries one target for some time in this process; ``python -m tools.fuzz`` starts it.

    python -m tools.fuzz.one NAME --seconds S --corpus FOLDER [--plain]

Ends with a status other than 0 on the first finding, whose input it leaves in the folder.
"""

from __future__ import annotations

import argparse
import logging
import sys
import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tools.fuzz import catalogue, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What files of inputs begin with that found something.
FINDING = "finding-"
#: Longest that one input may take before it is a finding.
_INPUT_TIMEOUT_S = 10
# Branches in these guide the search, as far as they are in Python.
_GUIDES = (
    "studio_detector",
    "PIL",
    "email",
    "http_message_signatures",
    "http_sf",
    "idna",
    "joserfc",
    "python_multipart",
    "starlette",
    "tarfile",
    "tomllib",
    "yaml",
    "zipfile",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Try; see the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("name", choices=catalogue.names())
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="hypothesis, even if atheris is there")
    given = parser.parse_args(arguments)
    given.corpus.mkdir(parents=True, exist_ok=True)
    # What Python warns of in a reader of hostile bytes is a defect, too; what is logged is not.
    warnings.simplefilter("error")
    logging.disable()
    if given.plain or not _is_guided():
        return _plain(given.name, given.seconds, given.corpus, given.seed)
    _guided(given.name, given.seconds, given.corpus, given.seed)
    return 0


def _is_guided() -> bool:
    try:
        import atheris  # noqa: F401, PLC0415 - not on every system
    except ImportError:
        return False
    return True


def _guided(name: str, seconds: int, corpus: Path, seed: int) -> None:
    """Search by coverage; libFuzzer ends the process by itself."""
    import atheris  # noqa: PLC0415 - see above

    from tools.fuzz.target import tried  # noqa: PLC0415 - imports what is to be guided by

    with warnings.catch_warnings():
        # Those of packages that were not made to be taken apart.
        warnings.simplefilter("ignore")
        with atheris.instrument_imports(include=list(_GUIDES)):
            target = catalogue.target(name)
    options = {
        "max_total_time": seconds,
        "max_len": target.most_bytes,
        "timeout": _INPUT_TIMEOUT_S,
        "rss_limit_mb": target.memory_mib,
        "artifact_prefix": f"{corpus}/{FINDING}",
        "seed": seed,
        "print_final_stats": 1,
    }
    folders = [str(corpus), str(catalogue.SEEDS / name)]
    atheris.Setup(
        ["fuzz", *(f"-{key}={value}" for key, value in options.items()), *folders],
        partial(tried, target),
    )
    atheris.Fuzz()


def _plain(name: str, seconds: int, corpus: Path, seed: int) -> int:
    found = plain.search(
        catalogue.target(name), [data for _, data in catalogue.seeds(name)], seconds, seed
    )
    print(f"stat::number_of_executed_units: {found.executions}", flush=True)
    if found.data is None:
        return 0
    (corpus / f"{FINDING}plain").write_bytes(found.data)
    print(found.told, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
