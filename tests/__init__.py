"""Each test is a sentence; folders mirror the rooms of the program."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The checkout."""
