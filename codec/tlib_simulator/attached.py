"""Attached data as a voice menu and a router leave them: key-value lists to choose from.

Strategy: the lists are made once, when the module is imported, so attaching one costs no checks.
Key names are those that are seen in the field; people and values are invented.
"""

from __future__ import annotations

from tlib_schemas.values import KVList

_PEOPLE = ("Ana Souza", "J. O'Neil", "Zoë Müller", "李 伟", "Priya Raman", "Tomasz Zając", "Aisha Bello", "Søren Lund")
_CHOICES = (("1", "Orders"), ("2", "Technical support"), ("3", "Billing"), ("9", "Operator"))
_GROUPS = (("VAG_Skill1", "en > 5"), ("VAG_Skill2", "de > 3 & billing > 0"), ("VAG_Backoffice", "complaints > 7"))

# What the voice menu has found out.
MENU = tuple(
    KVList(
        [
            ("CustomerName", person),
            ("CustomerSegment", ("Gold", "Silver", "Default")[(number + place) % 3]),
            (
                "IVR",
                KVList([("Language", ("en", "de")[number % 2]), ("Steps", 2 + place), ("Menu", KVList({"Choice": digit, "Label": label}))]),
            ),
        ]
    )
    for number, person in enumerate(_PEOPLE)
    for place, (digit, label) in enumerate(_CHOICES)
)

# What the router has decided.
ROUTED = tuple(
    KVList([("RTargetAgentGroup", group), ("RTargetTypeSelected", "2"), ("RRequestedSkillCombination", skills), ("RTR", seconds)])
    for group, skills in _GROUPS
    for seconds in (115, 60, 20, 5)
)

# How an agent marks a call when it is done, and what he notes while it lasts.
RESULT = tuple(KVList({"CallResult": result}) for result in ("Solved", "Call back", "Sold", "No interest"))
NOTE = tuple(KVList({"Note": note}) for note in ("asked for an invoice", "new address", "complained", "wants a written offer"))
