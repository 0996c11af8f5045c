"""Pictures that hang, grow, crash or lie, among good ones."""

from __future__ import annotations

import importlib.util
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio_detector.errors import CODES
from tools.faults import pictures
from tools.faults.pictures import Picture
from tools.faults.play import Scenario
from tools.faults.service import MODES

if TYPE_CHECKING:
    from tools.faults.stage import Stage

_PLUGIN = Path(__file__).resolve().parents[3] / "tests" / "hostile_plugin.py"
#: What the plugin does when the first pixel asks for it -> code of the failed job.
_CODES = {
    "abort": "crashed",
    "garble": "crashed",
    "grow": "memory",
    "end without memory": "memory",
    "be killed": "memory",
    "hang": "timeout",
    "raise": "analysis_failed",
}
# A machine that runs other tests beside takes seconds for what is done in a moment.
_TIMEOUT_S = 10.0
_MEMORY_BYTES = 400 << 20
#: One hostile picture among so many.
_EVERY = 40


async def post_hostile(stage: Stage) -> str:
    """Mix them in; each is one failed job with its code, and the others are done."""
    plugin = _plugin()
    folder = stage.fleet.crew.folder / f"plugin-{stage.mode}-{secrets.token_hex(8)}"
    folder.mkdir()
    plugin.install(folder)
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    await stage.open(
        settings={
            "photo_timeout_s": _TIMEOUT_S,
            "photo_memory_bytes": _MEMORY_BYTES,
        },
        variables={"PYTHONPATH": os.pathsep.join(paths)},
    )
    deeds = [name for name in _CODES for _ in range(max(1, stage.jobs // _EVERY // len(_CODES)))]
    hostile = [
        Picture(
            data=pictures.coloured(plugin.DEEDS[name][0], stage.seed * 1000 + number),
            codes=frozenset({_CODES[name]}),
        )
        for number, name in enumerate(deeds)
    ]
    files = pictures.hostile_files()
    broken = [
        # What they are is not known beforehand: a verdict or a code, and nothing else.
        Picture(data=data, codes=frozenset(CODES) - {"internal"}, is_broken=True)
        for data in stage.chance.sample(files, min(len(files), stage.jobs // 10))
    ]
    posted = hostile + broken
    posted += pictures.good(max(0, stage.jobs - len(posted)), stage.seed)
    stage.chance.shuffle(posted)
    stage.begin(posted)
    await stage.settled()
    refused = sum(stage.poster.turned_away.values())
    return (
        f"{len(hostile)} that strike by design, {len(broken)} broken files ({refused} refused at "
        "once), the others good"
    )


def _plugin() -> Any:  # noqa: ANN401 - a module of the tests
    spec = importlib.util.spec_from_file_location("hostile_plugin", _PLUGIN)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{_PLUGIN} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SCENARIOS = (
    Scenario(
        name="hostile-pictures",
        title="Pictures that hang, grow, crash or are broken, among good ones",
        modes=MODES,
        play=post_hostile,
    ),
)
