"""Models by name: the rules, those that come with the package, and files."""

from __future__ import annotations

import difflib
import os
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from studio_detector.decision import model_file, rules
from studio_detector.errors import ConfigError, ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

    from studio_detector.decision.model import Model

_SUFFIX = ".json"


def load_model(name_or_path: str, *, rule_weights: Mapping[str, float] | None = None) -> Model:
    """Load a model.

    Args:
        name_or_path: One of `shipped_models`, or the path of a model file: anything that ends
            in ``.json`` or holds a path separator.
        rule_weights: Weights for the model ``rules``; the others have none and ignore them.

    Returns:
        The model, validated and with its digest.

    Raises:
        ConfigError: ``unknown_model`` if there is no such name or file;
            ``config_unknown_key`` or ``config_invalid_value`` for weights that do not fit.
        ModelError: ``model_invalid`` if the file cannot be used.
    """
    if name_or_path == rules.NAME:
        return rules.build(rule_weights)
    if is_file(name_or_path):
        return _from_file(Path(name_or_path))
    shipped = _shipped_files()
    if name_or_path not in shipped:
        names = [rules.NAME, *shipped]
        near = difflib.get_close_matches(name_or_path, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names)}"
        raise ConfigError(
            f"there is no model named {name_or_path!r}; {hint} "
            f"(a file is named by a path that ends in {_SUFFIX})",
            code="unknown_model",
        )
    text = shipped[name_or_path].read_text(encoding="utf-8")
    return model_file.loads(text, source=name_or_path + _SUFFIX)


def is_file(name_or_path: str) -> bool:
    """Whether a model is named by the path of a file; see `load_model`."""
    return name_or_path.endswith(_SUFFIX) or Path(name_or_path).name != name_or_path


def shipped_models() -> tuple[str, ...]:
    """Names of the models that come with the package, ``rules`` first."""
    return (rules.NAME, *_shipped_files())


def _shipped_files() -> dict[str, Traversable]:
    folder = files("studio_detector.decision").joinpath("models")
    if not folder.is_dir():
        return {}
    found = {
        entry.name.removesuffix(_SUFFIX): entry
        for entry in folder.iterdir()
        if entry.name.endswith(_SUFFIX)
    }
    return dict(sorted(found.items()))


def _from_file(path: Path) -> Model:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(
            f"there is no model file {os.fspath(path)!r}; "
            f"shipped models: {', '.join(shipped_models())}",
            code="unknown_model",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(
            f"model file {os.fspath(path)!r} cannot be read ({error})", code="model_invalid"
        ) from error
    return model_file.loads(text, source=os.fspath(path))
