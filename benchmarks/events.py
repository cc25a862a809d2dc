"""The sample events that every benchmark decodes: a small call and one with attached data.

Strategy: two sizes that stand for the traffic. SMALL has only what a new call usually carries;
ATTACHED has twelve attributes, among them user data with a nested list. Both are written as events,
so that their frames follow the format whatever becomes of it.
"""

from __future__ import annotations

from tlib_codec import Event, EventCallCreated, KVList, TCallType, encode

SMALL = EventCallCreated(
    call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U",
    conn_id="006c02462a161006",
    call_type=TCallType.Inbound,
    ani="5551000",
)

ATTACHED = EventCallCreated(
    call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1U",
    conn_id="006c02462a161006",
    call_type=TCallType.Consult,
    orig_call_uuid="01FES9JKSOFQLEKK3CSH5B5AES00JV1T",
    call_id=40_312,
    node_id=1,
    network_call_id=7_700_412_905_331,
    network_node_id=3,
    ani="+14155551000",
    dnis="8005550199",
    user_data=KVList(
        {
            "RTargetAgentGroup": "VAG_Skill1",
            "RTR": 115,
            "Segment": "Gold",
            "CustomerNumber": "0049123456789",
            "Language": "de-DE",
            "RRequestedSkillCombination": "Billing > 5 & German > 7",
            "ORSI": {
                "Session": "7HP3JO1A2T2VB8G4KT3K8UQ1MC00001V",
                "Node": "272",
                "Url": "http://routing.example:7005/scxml",
            },
        }
    ),
    customer_id="Environment",
)

EVENTS: dict[str, Event] = {"small": SMALL, "attached": ATTACHED}
FRAMES: dict[str, bytes] = {name: encode(event) for name, event in EVENTS.items()}
