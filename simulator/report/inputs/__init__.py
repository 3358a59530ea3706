"""The chapter on the inputs of a run: the opening book beside its source."""
