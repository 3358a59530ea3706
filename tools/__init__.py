"""Writes what is generated: catalogues of strings, evidence, validation."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
