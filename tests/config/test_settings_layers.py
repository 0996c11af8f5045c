"""Settings from every layer, and where they come from."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.config.keys import all_keys, find, flat
from studio_detector.config.load import Options, assignment_from_text, load_settings
from studio_detector.config.origin import Assignment, Origin
from studio_detector.errors import ConfigError
from studio_detector.pipeline.settings import Settings


def _set(*texts):
    return tuple(assignment_from_text(text, option="--set") for text in texts)


def _file(tmp_path, text, name="settings.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def _message(options=None, environ=None):
    with pytest.raises(ConfigError) as caught:
        load_settings(options, environ=environ or {})
    return caught.value.code, caught.value.message


class TestLayers:
    def test_nothing_set_gives_the_defaults(self):
        """And says so for every setting."""
        resolved = load_settings()

        assert Settings() == resolved.settings
        assert {"default"} == {str(origin) for origin in resolved.origins.values()}
        assert list(all_keys()) == list(resolved.origins)

    def test_each_layer_overrides_the_ones_below(self, tmp_path):
        """Defaults < file < environment < options."""
        path = _file(tmp_path, "doubt_low = 0.1\ndoubt_high = 0.8\nworking_size_px = 256\n")

        resolved = load_settings(
            Options(file=path, assignments=_set("doubt_low=0.25")),
            environ={"STUDIO_DETECTOR_DOUBT_LOW": "0.2", "STUDIO_DETECTOR_WORKING_SIZE_PX": "384"},
        )

        assert (0.25, 0.8, 384) == (
            resolved.settings.doubt_low,
            resolved.settings.doubt_high,
            resolved.settings.working_size_px,
        )
        assert "option --set doubt_low" == str(resolved.origins["doubt_low"])
        assert f"file {path}:2" == str(resolved.origins["doubt_high"])
        assert "environment STUDIO_DETECTOR_WORKING_SIZE_PX" == str(
            resolved.origins["working_size_px"]
        )
        assert "default" == str(resolved.origins["model"])

    def test_nested_settings_have_a_name_in_every_layer(self, tmp_path):
        """A table in files, two underscores in the environment, a dot in options."""
        path = _file(tmp_path, "[limits]\nmax_pixels = 1000\nmax_frames = 7\n")

        limits = load_settings(
            Options(file=path, assignments=_set("limits.max_side_px=99")),
            environ={"STUDIO_DETECTOR_LIMITS__MAX_FRAMES": "8"},
        ).settings.limits

        assert (1000, 8, 99) == (limits.max_pixels, limits.max_frames, limits.max_side_px)

    def test_tables_are_merged_entry_by_entry(self, tmp_path):
        """Each entry keeps its own origin."""
        path = _file(tmp_path, "[rule_weights]\nshadow = 2\nhighlight = 1\n")

        resolved = load_settings(
            Options(file=path, assignments=_set("rule_weights.shadow=0.5")),
            environ={"STUDIO_DETECTOR_RULE_WEIGHTS__BACKGROUND": "4"},
        )

        assert {"shadow": 0.5, "highlight": 1.0, "background": 4.0} == (
            resolved.settings.rule_weights
        )
        assert f"file {path}:3" == str(resolved.origins["rule_weights.highlight"])
        assert "option --set rule_weights.shadow" == str(resolved.origins["rule_weights.shadow"])

    @pytest.mark.parametrize("text", ['{"shadow": 0.5}', "{shadow = 0.5}"])
    def test_a_whole_table_as_text_replaces_the_entries_below(self, tmp_path, text):
        """In JSON or TOML."""
        path = _file(tmp_path, "[rule_weights]\nhighlight = 1\n")

        resolved = load_settings(
            Options(file=path, assignments=_set(f"rule_weights={text}")), environ={}
        )

        assert {"shadow": 0.5} == resolved.settings.rule_weights
        assert "rule_weights.highlight" not in resolved.origins

    @pytest.mark.parametrize(
        "text", ["shadow,texture", " shadow , texture,", '["shadow", "texture"]']
    )
    def test_lists_as_text_are_commas_or_brackets(self, text):
        """Blanks and a trailing comma are forgiven."""
        resolved = load_settings(environ={"STUDIO_DETECTOR_DISABLED_ANALYSES": text})

        assert ("shadow", "texture") == resolved.settings.disabled_analyses

    @pytest.mark.parametrize("word", ["none", "None", "null"])
    def test_none_unsets_what_may_be_unset(self, tmp_path, word):
        """So that an option can undo a file."""
        path = _file(tmp_path, "uncertain_low = 0.4\nuncertain_high = 0.6\n")

        settings = load_settings(
            Options(file=path, assignments=_set(f"uncertain_low={word}"))
        ).settings

        assert settings.uncertain_low is None
        assert 0.6 == settings.uncertain_high

    def test_the_variable_names_the_file_unless_the_option_does(self, tmp_path):
        """--config wins over STUDIO_DETECTOR_CONFIG as a whole; files are not merged."""
        one = _file(tmp_path, "variant = 'one'\nworking_size_px = 100\n", "one.toml")
        two = _file(tmp_path, "variant = 'two'\n", "two.toml")
        environ = {"STUDIO_DETECTOR_CONFIG": one}

        assert "one" == load_settings(environ=environ).settings.variant
        both = load_settings(Options(file=two), environ=environ).settings
        assert ("two", 512) == (both.variant, both.working_size_px)

    def test_empty_variables_count_as_not_set(self):
        """As in shells and compose files, where unset and empty are hard to tell apart."""
        environ = {"STUDIO_DETECTOR_CONFIG": "", "STUDIO_DETECTOR_MODEL": ""}

        assert Settings() == load_settings(environ=environ).settings

    def test_no_file_is_read_unasked(self, tmp_path, monkeypatch):
        """A folder of photos cannot bring its own settings."""
        _file(tmp_path, "working_size_px = 64\n", "studio-detector.toml")
        monkeypatch.chdir(tmp_path)

        assert Settings() == load_settings(environ={}).settings

    def test_variables_of_kubernetes_are_not_ours(self):
        """A service named studio-detector puts these into every pod of its namespace."""
        environ = {
            "STUDIO_DETECTOR_SERVICE_HOST": "10.0.0.1",
            "STUDIO_DETECTOR_SERVICE_PORT": "80",
            "STUDIO_DETECTOR_SERVICE_PORT_HTTP": "80",
            "STUDIO_DETECTOR_PORT": "tcp://10.0.0.1:80",
            "STUDIO_DETECTOR_PORT_80_TCP": "tcp://10.0.0.1:80",
            "STUDIO_DETECTOR_PORT_80_TCP_ADDR": "10.0.0.1",
            "STUDIO_DETECTOR_WEB_SERVICE_HOST": "10.0.0.1",
            "OTHER_MODEL": "x",
        }

        assert Settings() == load_settings(environ=environ).settings


class TestSwitches:
    def test_disable_adds_and_enable_takes_away(self, tmp_path):
        """On top of what file and environment say."""
        path = _file(tmp_path, "disabled_analyses = ['shadow', 'texture']\n")

        resolved = load_settings(
            Options(file=path, disable=("frequency", "frequency"), enable=("shadow",))
        )

        assert ("texture", "frequency") == resolved.settings.disabled_analyses
        assert "option --disable and --enable" == str(resolved.origins["disabled_analyses"])

    def test_a_switch_without_effect_changes_no_origin(self):
        """Enabling what nobody disabled is no override."""
        resolved = load_settings(Options(enable=("shadow",)))

        assert "default" == str(resolved.origins["disabled_analyses"])

    def test_an_analysis_cannot_be_both(self):
        """Which of the two was meant cannot be told."""
        code, message = _message(Options(disable=("shadow",), enable=("shadow",)))

        assert "config_invalid_value" == code
        assert "'shadow'" in message


class TestMistakes:
    @pytest.mark.parametrize(
        ("name", "suggestion"),
        [
            ("working_size", "working_size_px"),
            ("max_pixels", "limits.max_pixels"),
            ("limits.max_pixel", "limits.max_pixels"),
            ("limit.max_side_px", "limits.max_side_px"),
            ("Model", "model"),
            ("disabled_analysis", "disabled_analyses"),
        ],
    )
    def test_an_unknown_setting_comes_with_the_nearest_name(self, tmp_path, name, suggestion):
        """In the form of the layer it was found in."""
        path = _file(tmp_path, f"{name} = 1\n")
        variable = "STUDIO_DETECTOR_" + name.upper().replace(".", "__")

        in_file = _message(Options(file=path))
        in_option = _message(Options(assignments=_set(f"{name}=1")))

        assert "config_unknown_key" == in_file[0] == in_option[0]
        assert f"{path}:1: {name!r}" in in_file[1]
        assert f"option --set {name}: {name!r}" in in_option[1]
        assert f"did you mean {suggestion!r}?" in in_file[1]
        if name.lower() not in all_keys():
            in_environment = _message(environ={variable: "1"})
            assert variable in in_environment[1]
            assert f"did you mean {all_keys()[suggestion].variable}?" in in_environment[1]

    def test_a_name_near_to_nothing_comes_with_the_list(self):
        """Better than a wrong guess."""
        _, message = _message(Options(assignments=_set("zzzzzz=1")))

        assert "known: working_size_px, limits." in message

    @pytest.mark.parametrize(
        ("text", "requirement"),
        [
            ("working_size_px=63", "a whole number from 64 to 4,096"),
            ("working_size_px=12.5", "a whole number from 64 to 4,096"),
            ("limits.max_pixels=0", "a whole number of at least 1"),
            ("limits.max_pixels=many", "a whole number of at least 1"),
            ("doubt_low=1.01", "a number from 0 to 1"),
            ("doubt_low=nan", "a number from 0 to 1"),
            ("uncertain_high=-1", "a number from 0 to 1, or none"),
            ("rule_weights.shadow=-1", "a number of at least 0"),
            ("rule_weights.shadow=inf", "a number of at least 0"),
            ("rule_weights=7", "a table of names, each with a number of at least 0, or none"),
            ("phases=some", "one of 'auto', 'lighting', 'all'"),
            ("isolate=perhaps", "true or false"),
            ("disabled_analyses=[1]", "a list of names"),
        ],
    )
    def test_an_invalid_value_is_named_with_its_place_and_its_bounds(self, text, requirement):
        """All that is needed to mend it."""
        name, _, value = text.partition("=")

        code, message = _message(Options(assignments=_set(text)))

        assert "config_invalid_value" == code
        assert message.startswith(f"option --set {name}: {name} is '{value}'; ")
        assert message.endswith(f"it must be {requirement}")

    @pytest.mark.parametrize(
        "line",
        [
            "working_size_px = '512'",
            "working_size_px = true",
            "working_size_px = 512.0",
            "doubt_low = true",
            "isolate = 1",
            "isolate = 'yes'",
            "model = 1",
            "disabled_analyses = 'shadow'",
            "disabled_analyses = [1]",
            "rule_weights = [1]",
            "rule_weights = {shadow = 'a'}",
            "uncertain_low = 'none'",
            "model = 1979-05-27",
            "[limits]\nmax_pixels = '5'",
        ],
    )
    def test_values_in_files_must_have_the_right_type(self, tmp_path, line):
        """TOML and YAML have types; text that looks like a number is a mistake there."""
        code, _ = _message(Options(file=_file(tmp_path, line)))

        assert "config_invalid_value" == code

    def test_a_whole_number_will_do_for_any_number(self, tmp_path):
        """1 is 1.0."""
        path = _file(tmp_path, "doubt_high = 1\n[rule_weights]\nshadow = 2\n")

        settings = load_settings(Options(file=path)).settings

        assert 1.0 == settings.doubt_high
        assert {"shadow": 2.0} == settings.rule_weights

    @pytest.mark.parametrize("environ", [{"STUDIO_DETECTOR_LIMITS": "5"}])
    def test_a_group_takes_no_value(self, environ):
        """Its members do, and one is named."""
        code, message = _message(environ=environ)

        assert "config_invalid_value" == code
        assert "STUDIO_DETECTOR_LIMITS__MAX_FILE_BYTES" in message

    def test_every_problem_is_told_at_once(self, tmp_path):
        """One a line."""
        path = _file(tmp_path, "modal = 1\nphases = 'no'\n")

        _, message = _message(Options(file=path), {"STUDIO_DETECTOR_DOUBT_LOW": "x"})

        assert ["'modal'", "phases is 'no'", "doubt_low is 'x'"] == [
            part
            for line, part in zip(
                message.splitlines(), ["'modal'", "phases is 'no'", "doubt_low is 'x'"], strict=True
            )
            if part in line
        ]

    @pytest.mark.parametrize(
        "texts",
        [
            ("doubt_low=0.8", "doubt_high=0.2"),
            ("doubt_low=0.75",),
            ("uncertain_low=0.6",),
            ("uncertain_high=0.4",),
        ],
    )
    def test_values_that_do_not_fit_together_are_told_with_their_places(self, texts):
        """Bounds the wrong way round, or a band that leaves out even odds."""
        code, message = _message(Options(assignments=_set(*texts)))

        assert "config_invalid_value" == code
        for text in texts:
            name = text.partition("=")[0]
            assert f"{name} from option --set {name}" in message

    @pytest.mark.parametrize("text", ["model", "=x", " =x", ""])
    def test_an_assignment_needs_a_name_and_an_equals_sign(self, text):
        """The message shows the form."""
        with pytest.raises(ConfigError, match="NAME=VALUE"):
            assignment_from_text(text, option="--set")

    def test_the_value_may_hold_equals_signs(self):
        """Only the first one separates."""
        assert (
            "a=b.json" == load_settings(Options(assignments=_set("model=a=b.json"))).settings.model
        )


_NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def _flat(resolved):
    return flat(resolved.settings, resolved.service)


class TestAnything:
    @given(_NAMES.filter(lambda name: find(name) is None), _VALUES, st.booleans())
    def test_any_unknown_name_is_a_config_error(self, name, value, is_text):
        """Never another exception, whatever the name and the value."""
        assignment = Assignment(
            name=name, value=value, origin=Origin("option", "--x"), is_text=is_text
        )
        is_group = name in {"limits", "service"}
        expected = "config_invalid_value" if is_group else "config_unknown_key"

        code, _ = _message(Options(assignments=(assignment,)))

        assert expected == code

    @given(st.sampled_from([*all_keys(), "rule_weights.shadow"]), _VALUES)
    def test_any_typed_value_is_taken_or_a_config_error(self, name, value):
        """What is taken lies within the bounds, so taking it again gives it again."""
        assignment = Assignment(name=name, value=value, origin=Origin("file", "x"))
        with contextlib.suppress(ConfigError):
            taken = _flat(load_settings(Options(assignments=(assignment,))))
            whole = name.removesuffix(".shadow")
            again = Assignment(name=whole, value=taken[whole], origin=Origin("file", "x"))
            assert taken == _flat(load_settings(Options(assignments=(again,))))

    @given(st.sampled_from(list(all_keys())), st.text(max_size=30))
    def test_any_text_is_taken_or_a_config_error(self, name, text):
        """Environment and options can hold anything."""
        variable = all_keys()[name].variable
        problem = None
        try:
            load_settings(environ={variable: text})
        except ConfigError as error:
            problem = error

        if problem is not None:
            assert "config_invalid_value" == problem.code
            assert variable in problem.message


def test_pydantic_is_imported_only_when_something_is_set():
    """A run with the defaults need not pay for it."""
    program = (
        "import json, os, sys\n"
        "from studio_detector.config.load import load_settings\n"
        "load_settings(environ=os.environ)\n"
        "print(json.dumps('pydantic' in sys.modules))\n"
    )
    plain = {k: v for k, v in os.environ.items() if not k.startswith("STUDIO_DETECTOR_")}

    def imported(environ):
        return json.loads(subprocess.check_output([sys.executable, "-c", program], env=environ))

    assert imported(plain) is False
    assert imported(plain | {"STUDIO_DETECTOR_VARIANT": "x"}) is True
