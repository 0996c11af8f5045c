"""Settings from files, variables and options."""

from __future__ import annotations

from studio_detector.config.environment import FILE_VARIABLE
from studio_detector.config.keys import PREFIX
from studio_detector.config.load import Options, assignment_from_text, load_settings
from studio_detector.config.render import as_toml
from tools.fuzz.choice import chosen, parts_of, text_of
from tools.fuzz.file import written
from tools.fuzz.target import Target

_PAIRS = 4


def check(data: bytes) -> None:
    """What is in force can be written out, and read back is the same."""
    way, data = chosen(data, (_toml, _yaml, _variables, _options))
    way(data)


def _toml(data: bytes) -> None:
    _hold(Options(file=written("settings.toml", data)), {})


def _yaml(data: bytes) -> None:
    _hold(Options(file=written("settings.yaml", data)), {})


def _variables(data: bytes) -> None:
    texts = [text_of(part) for part in parts_of(data, 2 * _PAIRS)]
    variables = {
        PREFIX + name: value for name, value in zip(texts[::2], texts[1::2], strict=True) if name
    }
    # A file of that name is none of ours.
    variables.pop(FILE_VARIABLE, None)
    _hold(Options(), variables)


def _options(data: bytes) -> None:
    texts = [text_of(part) for part in parts_of(data, _PAIRS)]
    assignments = tuple(assignment_from_text(text, option="--set") for text in texts if text)
    _hold(Options(assignments=assignments), {})


def _hold(options: Options, variables: dict[str, str]) -> None:
    found = load_settings(options, environ=variables)
    try:
        text = as_toml(found, origin=True, secrets=True).encode()
    except UnicodeEncodeError:
        # Lone surrogates stand for bytes that no file in TOML can hold.
        return
    again = load_settings(Options(file=written("again.toml", text)))
    if (again.settings, again.service) != (found.settings, found.service):
        raise AssertionError("read back, the settings are others")


TARGET = Target(
    title="settings: TOML, YAML, variables, options",
    check=check,
    most_bytes=2048,
)
