"""Names under which times are kept."""

from __future__ import annotations

#: Bytes to 512 px and nothing else.
FLOOR = "floor"
#: This package, bytes to JSON, with the extra ``fast``: ONNX Runtime computes the network.
END_TO_END = "studio-detector"
#: The same as it is installed without extras: OpenCV computes the network.
CORE_INSTALL = "studio-detector, no extras"
#: This package, step by step.
STAGES = ("decode", "reduce", "lighting", "network", "detail", "decide", "report")
#: The seed's recipe under its own policy, and its halves.
SEED, SEED_LIGHTING, SEED_DETAIL = "seed", "seed lighting", "seed detail"
CLEANVISION = "cleanvision"
BRISQUE = "brisque"
#: What is compared, in the order of tables.
CANDIDATES = (
    FLOOR,
    END_TO_END,
    CORE_INSTALL,
    CLEANVISION,
    BRISQUE,
    SEED,
    SEED_LIGHTING,
    SEED_DETAIL,
)
