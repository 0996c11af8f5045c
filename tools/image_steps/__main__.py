"""Carry out the steps of the image without an engine for images, and run what they made.

    python -m tools.image_steps [--dockerfile FILE]

Every RUN, COPY and ENV is carried out as the Dockerfile says, in a copy-on-write root over this
machine's own. The last stage is then run as the image would be: its user, no privilege, a
read-only root, /tmp in memory, and a network that has nothing but a loopback. The health check is
asked, a photograph is analysed with the key that the first start prints, and SIGTERM ends it.

Needs root on a Linux with overlays, and a package registry. Exits with 0 if all went well, and
with 3 where this machine cannot do it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.image_steps.build import build
from tools.image_steps.recipe import read_recipe
from tools.image_steps.roots import leave_network, may_mount, mount
from tools.image_steps.trial import Trial

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "deploy" / "docker" / "Dockerfile"
_CANNOT = 3
# Set in the process that has mounts of its own, which end with it.
_INSIDE = "STUDIO_IMAGE_STEPS_INSIDE"


def main() -> int:
    """Carry out and try; see the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--dockerfile", type=Path, default=DOCKERFILE)
    given = parser.parse_args()
    if not may_mount():
        print("needs root, and a Linux with overlays; nothing was tried", file=sys.stderr)
        return _CANNOT
    if _INSIDE not in os.environ:
        words = ["unshare", "--mount", "--propagation", "private", sys.executable, "-m"]
        words += ["tools.image_steps", *sys.argv[1:]]
        os.execvpe("unshare", words, os.environ | {_INSIDE: "1"})  # noqa: S606, S607 - itself
    memory = Path(tempfile.mkdtemp(prefix="image-steps-"))
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", memory)
    try:
        return _try(given.dockerfile, memory)
    finally:
        # Never removed file by file: below it are mounts of /dev and /proc.
        subprocess.run(["umount", "--lazy", str(memory)], check=True)  # noqa: S607 - the system's
        memory.rmdir()


def _try(dockerfile: Path, memory: Path) -> int:
    image = build(read_recipe(dockerfile), ROOT, memory)
    foreign = image.root.foreign_libraries("/opt/studio-detector")
    print(f"libraries that a slim base image lacks: {', '.join(sorted(foreign)) or 'none'}")
    leave_network()
    trial = Trial(image)
    trial.run()
    print("\n".join(trial.told))
    return 1 if foreign or trial.problems else 0


if __name__ == "__main__":
    sys.exit(main())
