"""Write down what values each measure takes on studio and on natural training photographs.

::

    python -m studio_detector.learning.typical --photos FOLDER

Reports show a picture's own values beside them. The network's logits on its own training
pictures would look far too sure, so its row is made of out-of-fold logits.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from studio_detector.learning.card import training_set_card
from studio_detector.learning.command import cache_option, photos_option, plain_errors
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.extract import built_in_registry, measure_photos
from studio_detector.learning.stack import NETWORK_KEY, OUT_OF_FOLD, read_out_of_fold
from studio_detector.reporting.typical import QUANTILES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from studio_detector.learning.dataset import Photo
    from studio_detector.learning.measurements import MeasurementTable

#: Where the table lies in the source tree.
SHIPPED_TYPICAL = Path(__file__).parents[1] / "reporting" / "data" / "typical.json"
_SIGNIFICANT_DIGITS = 4


def typical_table(
    photos: Sequence[Photo],
    table: MeasurementTable,
    keys: Sequence[str],
    replaced: Mapping[str, npt.NDArray[np.float64]],
) -> dict[str, object]:
    """Quantiles of measures by class.

    Args:
        photos: Training photographs, decided ones only.
        table: Their measurements, in the same order.
        keys: Full names of the measures.
        replaced: Values to take instead of the table's, by full name.

    Returns:
        Plain data: the training set's fingerprint, and for each measure its quantiles. A
        measure that is missing on all photographs of a class is left out.
    """
    studio = np.array([photo.label == "studio" for photo in photos])
    measures = {}
    for column, key in enumerate(keys):
        values = replaced.get(key, table.columns(keys)[:, column])
        rows = {
            "studio": values[studio & ~np.isnan(values)],
            "natural": values[~studio & ~np.isnan(values)],
        }
        if all(row.size for row in rows.values()):
            measures[key] = {
                name: [_shortened(v) for v in np.quantile(row, QUANTILES)]
                for name, row in rows.items()
            }
    return {
        "made_by": "python -m studio_detector.learning.typical",
        "training_set": training_set_card(photos, table),
        "quantiles": list(QUANTILES),
        "measures": measures,
    }


def dumps(table: Mapping[str, object]) -> str:
    """JSON with one measure a line, so that a change of one shows as one."""
    head = json.dumps({key: value for key, value in table.items() if key != "measures"})
    measures = table["measures"]
    rows = measures.items() if isinstance(measures, dict) else ()
    lines = ",\n".join(f"  {json.dumps(key)}: {json.dumps(row)}" for key, row in rows)
    return f'{head[:-1]}, "measures": {{\n{lines}\n}}}}\n'


def _shortened(value: float) -> float:
    return float(f"{value:.{_SIGNIFICANT_DIGITS}g}") + 0.0


@click.command(help=(__doc__ or "").partition("\n")[0])
@photos_option
@click.option("--output", type=click.Path(path_type=Path), default=SHIPPED_TYPICAL)
@cache_option
def main(folder: Path, output: Path, cache: Path) -> None:
    """Write down what values each measure takes."""
    with plain_errors():
        photos = read_dataset(folder).decided().split("train").photos
        table = measure_photos(photos, cache=cache)
        photos = tuple(photo for photo in photos if photo.name not in table.failures)
        names = [photo.name for photo in photos]
        found = typical_table(
            photos,
            table.of(names),
            list(built_in_registry().measures()),
            {NETWORK_KEY: read_out_of_fold(OUT_OF_FOLD, names).logits},
        )
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(dumps(found), encoding="utf-8")
    click.echo(f"written to {output}")


if __name__ == "__main__":
    main()
