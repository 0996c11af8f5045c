"""Draw docs/images/demo.svg: what `make demo` prints, as a terminal shows it."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from demo import SAMPLES, samples_folder
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "demo.svg"
WIDTH_CHARACTERS = 100
# The template of rich fetches a font from another host; the viewer's own will do.
_FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def main() -> None:
    """Run the demo and write the picture."""
    command = [sys.executable, "-m", "studio_detector", "analyse", "--no-timing", *SAMPLES]
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH_CHARACTERS)}
    run = subprocess.run(
        command, env=environment, cwd=samples_folder(), capture_output=True, text=True, check=True
    )
    # Only the report: the JSON lines are shown as text in the README.
    console = Console(record=True, width=WIDTH_CHARACTERS, file=io.StringIO())
    console.print(Text.from_ansi(run.stderr.rstrip()))
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    svg = console.export_svg(title="make demo", theme=MONOKAI)
    PICTURE.write_text(_FONT_FACE.sub("", svg), encoding="utf-8")


if __name__ == "__main__":
    main()
