"""Settings of policies as the report words them."""

from simulator.report.kit.setting_words import value_words


def test_nested_settings_read_as_words() -> None:
    rules = [
        {"stage": "human_call", "first_bucket": 1, "last_bucket": 3, "risk_bands": ["A", "B"]},
        {"stage": "ai_call", "first_bucket": 0, "last_bucket": 0, "risk_bands": []},
    ]
    assert value_words([rules[0] | {"intensity": 0.5}, rules[1] | {"effort": 0.6}]) == (
        "human call, buckets 1\u20133, bands A and B: \u00d70.5; ai call, bucket 0: +0.6"
    )
    assert value_words([{"months": 3, "share": 0.25}, "x", None]) == "months 3, share 0.25; x; none"
