"""Policies, levers and what they do."""
