"""The compiled kernels against closed forms and the twin."""
