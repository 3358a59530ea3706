"""The desk: a local page to choose, run, stop and read stress tests without typing."""
