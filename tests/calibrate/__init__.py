"""Tests of the calibration, in the order of its pieces."""
