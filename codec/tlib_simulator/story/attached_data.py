"""Key-value lists as a voice menu, a router and agents attach them.

Strategy: the module makes the lists once, at import, so attaching one costs no checks. Keys are those seen in the
field; people and values are invented.
"""

from __future__ import annotations

from tlib_schemas.values import KVList

_PEOPLE = ("Ana Souza", "J. O'Neil", "Zoë Müller", "李 伟", "Priya Raman", "Tomasz Zając", "Aisha Bello", "Søren Lund")
_CHOICES = (("1", "Orders"), ("2", "Technical support"), ("3", "Billing"), ("9", "Operator"))
_GROUPS = (("VAG_Skill1", "en > 5"), ("VAG_Skill2", "de > 3 & billing > 0"), ("VAG_Backoffice", "complaints > 7"))

# Results of the voice menu.
MENU = tuple(
    KVList(
        [
            ("CustomerName", person),
            ("CustomerSegment", ("Gold", "Silver", "Default")[(number + index) % 3]),
            (
                "IVR",
                KVList([("Language", ("en", "de")[number % 2]), ("Steps", 2 + index), ("Menu", KVList({"Choice": digit, "Label": label}))]),
            ),
        ]
    )
    for number, person in enumerate(_PEOPLE)
    for index, (digit, label) in enumerate(_CHOICES)
)

# Decisions of the router.
ROUTED = tuple(
    KVList([("RTargetAgentGroup", group), ("RTargetTypeSelected", "2"), ("RRequestedSkillCombination", skills), ("RTR", seconds)])
    for group, skills in _GROUPS
    for seconds in (115, 60, 20, 5)
)

# An agent's result at the end of a call, and notes during it.
RESULT = tuple(KVList({"CallResult": result}) for result in ("Solved", "Call back", "Sold", "No interest"))
NOTE = tuple(KVList({"Note": note}) for note in ("asked for an invoice", "new address", "complained", "wants a written offer"))
