"""What a table tells about region, date and camera, and tables as they come."""

from __future__ import annotations

import pytest

from studio_detector.errors import ConfigError
from studio_detector.learning.dataset import read_dataset

_HEADER = "file,label,region,taken,make\n"


def _one(tmp_path, row, header=_HEADER):
    (tmp_path / "labels.csv").write_text(header + row + "\n", encoding="utf-8")
    (photo,) = read_dataset(tmp_path).photos
    return photo


@pytest.mark.parametrize(
    ("taken", "year"),
    [
        ("2019-06-26", "2019"),
        ("2019:06:26 10:00:00", "2019"),
        ("1998", "1998"),
        ("0000-00-00", ""),
        ("    ", ""),
        ("", ""),
        ("26.6.2019", ""),
    ],
)
def test_the_year_is_that_of_the_date_or_unknown(tmp_path, taken, year):
    assert year == _one(tmp_path, f"a.jpg,studio,,{taken},").year


def test_region_and_maker_are_read(tmp_path):
    """Makers in capitals, as cameras write the same name both ways."""
    photo = _one(tmp_path, "a.jpg,studio,East Asia,,Canon ")

    assert ("East Asia", "CANON") == (photo.region, photo.make)


def test_without_the_columns_they_are_unknown(tmp_path):
    photo = _one(tmp_path, "a.jpg,studio", header="file,label\n")

    assert ("", "", "") == (photo.region, photo.year, photo.make)


def test_the_table_may_be_named_itself_whatever_its_name(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("file,label\nsub/a.jpg,natural\n", encoding="utf-8")

    (photo,) = read_dataset(path).photos
    assert tmp_path / "sub" / "a.jpg" == photo.path


def test_a_mark_that_spreadsheets_put_first_is_no_part_of_a_name(tmp_path):
    (tmp_path / "labels.csv").write_text("file,label\na,studio\n", encoding="utf-8-sig")

    assert "a" == read_dataset(tmp_path).photos[0].name


def test_a_picture_given_as_the_table_is_a_message(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")

    with pytest.raises(ConfigError, match="not a table"):
        read_dataset(path)
