"""``planes``: what the analyses share, as pictures with an index."""

from __future__ import annotations

import json
from functools import cached_property

import cv2
import numpy as np
import pytest
from PIL import Image

import synthetic_scenes
from studio_detector.cli.exits import STATUSES
from studio_detector.errors import EXIT_ALL_FAILED, EXIT_OK, EXIT_USAGE
from studio_detector.planes import Planes


@pytest.fixture
def picture(tmp_path):
    """A seamless of 320 x 320 px with a lit ball, written without loss."""
    path = tmp_path / "ball.png"
    Image.fromarray(synthetic_scenes.sample("one_soft_light")).save(path)
    return path


@pytest.fixture
def small(tmp_path):
    """Too small for a reduction to 256 px."""
    path = tmp_path / "small.png"
    Image.fromarray(synthetic_scenes.sample("one_soft_light")[:40, :60]).save(path)
    return path


def planes_of_a_picture():
    """Names of the planes: what `Planes` computes of a picture."""
    return {name for name, member in vars(Planes).items() if isinstance(member, cached_property)}


class TestPlanes:
    def test_every_plane_is_written_whole_and_reduced(self, run, picture, tmp_path):
        """A readable PNG for each, in a folder for each size, and all of them in the index."""
        out = tmp_path / "out"

        result = run("planes", picture, "--output", out)

        data = json.loads((out / "index.json").read_bytes())
        rows, columns = data["working_size_px"]
        sides = (f"{max(rows, columns)}px", "256px")
        public = {name for name in planes_of_a_picture() if not name.startswith("_")} | {"rgb"}
        assert EXIT_OK == result.exit_code
        assert {f"{side}/{name}.png" for side in sides for name in public} == {
            entry["file"] for entry in data["planes"]
        }
        for entry in data["planes"]:
            with Image.open(out / entry["file"]) as image:
                image.load()
                assert ("PNG", "RGB", 512) == (image.format, image.mode, image.width)
        assert len(data["planes"]) == len(list(out.rglob("*.png")))

    def test_the_index_says_what_each_holds(self, run, picture, tmp_path):
        """Extents are those of this photo, in JSON and as the text that is printed too."""
        out = tmp_path / "out"

        result = run("planes", picture, "--output", out)

        luma = cv2.cvtColor(synthetic_scenes.sample("one_soft_light"), cv2.COLOR_RGB2GRAY)
        data = json.loads((out / "index.json").read_bytes())
        entry = next(entry for entry in data["planes"] if entry["name"] == "luma")
        assert ("uint8", [0.0, 255.0]) == (entry["dtype"], entry["stated_range"])
        assert (int(luma.min()), int(luma.max())) == (entry["lowest"], entry["highest"])
        assert "Rec. 601" in entry["summary"]
        text = (out / "index.txt").read_text(encoding="utf-8")
        assert text.endswith(result.stdout)
        assert len(data["planes"]) == len(result.stdout.splitlines()) - 1
        assert f"written: {len(data['planes'])} pictures" in result.stderr

    def test_other_reductions_can_be_asked_for(self, run, picture, tmp_path):
        """Each once; one that would not reduce the picture is the picture itself."""
        out = tmp_path / "out"

        run("planes", picture, "--output", out, "--side", 64, "--side", 64, "--side", 9999)

        data = json.loads((out / "index.json").read_bytes())
        whole = max(data["working_size_px"])
        assert {whole, 64} == {entry["long_side_px"] for entry in data["planes"]}
        assert len({entry["file"] for entry in data["planes"]}) == len(data["planes"])

    @pytest.mark.parametrize("shape", [(1, 1), (1, 64), (40, 3)])
    def test_the_smallest_pictures_have_planes_too(self, run, tmp_path, shape):
        """Nothing to see, but no failure either."""
        path = tmp_path / "small.png"
        Image.fromarray(np.full((*shape, 3), 90, dtype=np.uint8)).save(path)

        assert EXIT_OK == run("planes", path, "--output", tmp_path / "out").exit_code

    def test_a_photo_from_standard_input(self, run, small, tmp_path):
        """As in all other commands."""
        result = run("planes", "-", "--output", tmp_path / "o", stdin=small.read_bytes())

        assert EXIT_OK == result.exit_code
        assert "-" == json.loads((tmp_path / "o" / "index.json").read_bytes())["photo"]

    @pytest.mark.parametrize("isolate", ["--isolate", "--no-isolate"])
    def test_a_broken_photo_fails_as_everywhere(self, run, picture, tmp_path, isolate):
        """With its code, its status, and nothing written."""
        broken = tmp_path / "broken.png"
        broken.write_bytes(picture.read_bytes()[:2000])
        out = tmp_path / "out"

        result = run("planes", broken, "--output", out, isolate)

        assert EXIT_ALL_FAILED == result.exit_code
        assert "failed (truncated)" in result.stderr
        assert "" == result.stdout
        assert not out.exists()

    def test_a_photo_over_a_limit_is_refused(self, run, picture, tmp_path):
        """The settings hold here too."""
        result = run("planes", picture, "--output", tmp_path, "--set", "limits.max_pixels=100")

        assert "failed (limit_pixels)" in result.stderr
        assert EXIT_ALL_FAILED == result.exit_code

    def test_a_folder_that_cannot_be_written_is_told(self, run, picture, tmp_path):
        """A file stands in its way."""
        (tmp_path / "file").write_text("in the way", encoding="utf-8")

        result = run("planes", picture, "--output", tmp_path / "file" / "out")

        assert EXIT_USAGE == result.exit_code
        assert "cannot be written" in result.stderr
        assert result.exit_code in STATUSES

    def test_a_hostile_name_stays_text(self, run, small, tmp_path):
        """No line of its own in the index, no escape sequence on the terminal."""
        hostile = tmp_path / "x\n\x1b[2J<b>.png"
        hostile.write_bytes(small.read_bytes())

        result = run("planes", hostile, "--output", tmp_path / "out")

        text = (tmp_path / "out" / "index.txt").read_text(encoding="utf-8")
        assert "\x1b" not in text + result.stdout + result.stderr
        assert r"x\n\x1b[2J<b>.png" in text.splitlines()[0]
        data = json.loads((tmp_path / "out" / "index.json").read_bytes())
        assert str(hostile) == data["photo"]
