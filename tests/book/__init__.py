"""The book: schema, synthesis, imputation, shipped books."""
