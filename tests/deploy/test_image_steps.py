"""Reading a Dockerfile and carrying out its steps; `make image-steps` does it with ours."""

from __future__ import annotations

import pytest

from tools.image_steps.recipe import assignments, read_recipe, with_variables
from tools.image_steps.roots import SLIM_LIBRARIES, copy

RECIPE = """\
# syntax=docker/dockerfile:1
ARG BASE=debian:12
FROM ${BASE} AS build
ENV A=1 \\
    B="two words"
WORKDIR /src
COPY a b ./
# why
RUN make \\
    && make install

FROM debian:12
COPY --from=build /opt /opt
USER 10001:10001
VOLUME ["/data"]
HEALTHCHECK --interval=10s \\
    CMD ["ask", "--it"]
ENTRYPOINT ["program"]
CMD ["serve", "--host", "0.0.0.0"]
"""


@pytest.fixture
def recipe(tmp_path):
    def recipe(text):
        path = tmp_path / "Dockerfile"
        path.write_text(text, encoding="utf-8")
        return read_recipe(path)

    return recipe


class TestRecipe:
    def test_stages_are_told_apart(self, recipe):
        build, image = recipe(RECIPE)
        assert ("${BASE}", "build") == (build.base, build.name)
        assert ("debian:12", "") == (image.base, image.name)

    def test_steps_come_in_order_each_in_one_line(self, recipe):
        build, image = recipe(RECIPE)
        assert [
            'ENV A=1 B="two words"',
            "WORKDIR /src",
            "COPY a b ./",
            "RUN make && make install",
        ] == [str(step) for step in build.steps]
        assert 4 == build.steps[0].line
        assert ["COPY --from=build /opt /opt", "USER 10001:10001"] == [*map(str, image.steps)]

    def test_how_it_is_run_is_told_apart_from_how_it_is_made(self, recipe):
        image = recipe(RECIPE)[-1]
        assert ["program"] == image.words("ENTRYPOINT")
        assert ["serve", "--host", "0.0.0.0"] == image.words("CMD")
        assert ["/data"] == image.words("VOLUME")
        assert ["ask", "--it"] == image.health_command()

    def test_an_instruction_that_is_not_carried_out_is_refused(self, recipe):
        """What is passed over would count as tried."""
        with pytest.raises(ValueError, match="line 2: ADD is not known here"):
            recipe("FROM debian:12\nADD a b\n")

    def test_a_command_for_a_shell_is_refused(self, recipe):
        """The shell would keep SIGTERM for itself."""
        with pytest.raises(ValueError, match="Expecting value"):
            recipe("FROM debian:12\nCMD program serve\n")[0].words("CMD")

    def test_an_image_without_a_health_check_is_noticed(self, recipe):
        with pytest.raises(ValueError, match="no HEALTHCHECK"):
            recipe("FROM debian:12\n")[0].health_command()


class TestVariables:
    def test_they_are_put_in(self):
        assert "/a/bin:/b" == with_variables("/a/bin:${P}$NONE", {"P": "/b"})

    def test_assignments_may_be_quoted(self):
        assert {"A": "1", "B": "x y"} == assignments('A=1 B="x $C"', {"C": "y"})


def test_libraries_of_a_slim_image_are_told_from_others():
    for name in ("libc.so.6", "libstdc++.so.6", "libz.so.1", "ld-linux-x86-64.so.2"):
        assert SLIM_LIBRARIES.fullmatch(name)
    for name in ("libGL.so.1", "libglib-2.0.so.0", "libzstd.so.1", "libcrypto.so.3"):
        assert not SLIM_LIBRARIES.fullmatch(name)


def test_a_folder_is_copied_without_bytecode(tmp_path):
    source = tmp_path / "src"
    (source / "__pycache__").mkdir(parents=True)
    (source / "a.py").write_text("1")
    copy(source, tmp_path / "out")
    assert ["a.py"] == [path.name for path in (tmp_path / "out").iterdir()]
