"""Labelled photographs from a table or from folders."""

from __future__ import annotations

import pytest

from studio_detector.errors import ConfigError, UnreadableError
from studio_detector.learning.dataset import read_dataset


def _table(folder, text):
    (folder / "labels.csv").write_text(text, encoding="utf-8")
    return folder


class TestTable:
    def test_reads_rows_in_order_of_their_names(self, tmp_path):
        folder = _table(
            tmp_path,
            "file,label,group,split,genre,hard,ignored\n"
            "b.jpg,natural,two,test,people,1,x\n"
            "a.jpg,studio,one,train,object,0,y\n",
        )

        first, second = read_dataset(folder).photos

        assert ("a.jpg", "studio", "one", "train", "object", False) == (
            first.name,
            first.label,
            first.group,
            first.split,
            first.genre,
            first.hard,
        )
        assert folder / "b.jpg" == second.path
        assert second.hard

    def test_group_and_split_may_be_left_out(self, tmp_path):
        (photo,) = read_dataset(_table(tmp_path, "file,label\nx/a.jpg,studio\n")).photos

        assert ("x/a.jpg", "train", "") == (photo.group, photo.split, photo.genre)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("file,group\na,b\n", "no column label"),
            ("file,label\na,outdoors\n", "line 2 .*'outdoors'"),
            ("file,label\n,studio\n", "needs a file"),
            ("file,label,hard\na,studio,yes\n", "hard 'yes'"),
            ("file,label\na,studio\na,natural\n", "'a' stands twice"),
            ("file,label,group,split\na,studio,g,train\nb,studio,g,test\n", "stay together"),
            ("file,label\n", "no labelled photographs"),
        ],
    )
    def test_a_table_that_would_mislead_is_refused(self, tmp_path, text, message):
        with pytest.raises(ConfigError, match=message) as caught:
            read_dataset(_table(tmp_path, text))

        assert "config_invalid_value" == caught.value.code


class TestFolders:
    def test_labels_are_folders_and_groups_the_folders_below(self, tmp_path):
        for name in (
            "studio/anna/1.jpg",
            "studio/anna/day2/2.jpg",
            "natural/3",
            "uncertain/x/4.png",
        ):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
        (tmp_path / "studio" / ".hidden").write_bytes(b"")

        found = {p.name: (p.label, p.group) for p in read_dataset(tmp_path).photos}

        assert {
            "studio/anna/1.jpg": ("studio", "anna"),
            "studio/anna/day2/2.jpg": ("studio", "anna"),
            "natural/3": ("natural", "natural/3"),
            "uncertain/x/4.png": ("uncertain", "x"),
        } == found

    def test_a_folder_without_labels_says_what_it_needs(self, tmp_path):
        with pytest.raises(ConfigError, match=r"a labels\.csv, or folders studio and natural"):
            read_dataset(tmp_path)

    def test_a_missing_folder_is_not_found(self, tmp_path):
        with pytest.raises(UnreadableError) as caught:
            read_dataset(tmp_path / "absent")

        assert "not_found" == caught.value.code


class TestDataset:
    @pytest.fixture
    def dataset(self, tmp_path):
        rows = "a,studio,1,train\nb,natural,2,test\nc,uncertain,3,test\n"
        return read_dataset(_table(tmp_path, "file,label,group,split\n" + rows))

    def test_undecided_photographs_can_be_left_out(self, dataset):
        assert ["a", "b"] == [p.name for p in dataset.decided().photos]

    def test_a_split_is_chosen_by_name(self, dataset):
        assert ["b", "c"] == [p.name for p in dataset.split("test").photos]

    def test_an_unknown_split_names_the_known_ones(self, dataset):
        with pytest.raises(ConfigError, match="known splits: test, train"):
            dataset.split("validation")


@pytest.mark.photos
def test_the_labelled_set_is_read_whole(photos_folder):
    """Every row has its file, and no group stands in two splits."""
    photos = read_dataset(photos_folder).photos

    rows = (photos_folder / "labels.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) - 1 == len(photos)
    assert all(photo.path.is_file() for photo in photos)
