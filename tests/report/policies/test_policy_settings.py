"""Settings of a policy, those of a combination's members included."""

from simulator.report.policies.policy_settings import policy_parts


def test_members_of_a_combination_stand_with_all_their_fields() -> None:
    members = {
        "care": {"kind": "care_programme", "months": 2},
        "smart_reminders": {"kind": "prevention", "due_reminder": 1.0},
    }
    parts = policy_parts("both", {"kind": "combination", "members": members})
    assert [part.title for part in parts] == [
        "care (care programme)",
        "smart reminders (prevention)",
    ]
    care, reminders = (dict(part.settings) for part in parts)
    assert care["months"] == "2"
    assert {"awareness", "false proof", "monthly budget share"} <= set(care)
    assert reminders["due reminder effect"]
    recorded = policy_parts("old", {"kind": "gone", "months": 3, "regions": []})
    assert [part.settings for part in recorded] == [(("months", "3"),)]
