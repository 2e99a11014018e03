"""Importing this lets the others import what stands in tools/beds and tests/e2e."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
for _folder in ("tools/beds", "tests/e2e"):
    sys.path.insert(0, str(ROOT / _folder))
