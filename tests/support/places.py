"""Where the repository and its sample files are, and how the engine is started."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "samples"
GOLDEN = SAMPLES / "golden" / "checkpoint"
ENGINE = [sys.executable, "-m", "engine"]
