"""Running the steps inside a transaction that is open already."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from studio_detector.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def configuration() -> Config:
    """Where the steps are."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def versions() -> tuple[str, ...]:
    """Versions that tables can have, the oldest first."""
    steps = ScriptDirectory.from_config(configuration()).walk_revisions()
    return tuple(step.revision for step in steps)[::-1]


def upgrade(connection: Connection, found: str | None) -> None:
    """Take all steps that are missing.

    Args:
        connection: In a transaction that nobody else can enter meanwhile.
        found: Version of the tables; None if there are none.

    Raises:
        ConfigError: ``config_invalid_value`` if the tables are of a newer program.
    """
    config = configuration()
    steps = ScriptDirectory.from_config(config)
    if found is not None and found not in {step.revision for step in steps.walk_revisions()}:
        raise ConfigError(
            f"the tables have version {found!r} and this program knows versions up to "
            f"{steps.get_current_head()!r}; they were made by a newer release: install that one, "
            "or take another database",
            code="config_invalid_value",
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
