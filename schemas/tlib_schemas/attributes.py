"""The attribute dictionary: one line an attribute, its id, its construct and its Python type.

Strategy: every line is an ``Annotated`` alias, so an event's field is declared by writing the
attribute's name as its type. Names are the specification's; where the number lists use another
one (Reason, AddressInfoType), that stands as an alias. The types of the attributes in the
specification's tables are known from several sources; those of the others are inferred from how
logs and client libraries present them. ``None`` in place of a construct: the type is not known,
any is accepted and kept.

Integers are unsigned, as T-Server logs print them, except where a negative value has a meaning.

`category` names the group of the attribute for redaction; `kinds.CATEGORY_OF` has it where it follows from the other facts.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, ClassVar

from . import wire
from .declare import Composite
from .enumerations import (
    AttributeID,
    MessageType,
    TAddressInfoType,
    TAddressType,
    TAgentWorkMode,
    TCallInfoType,
    TCallState,
    TCallType,
    TCause,
    TControlMode,
    TDNRole,
    TForwardMode,
    TLocationInfoType,
    TMakeCallType,
    TMediaType,
    TMergeType,
    TMonitorNextCallType,
    TNetworkCallState,
    TNetworkDestState,
    TNetworkPartyRole,
    TPartyState,
    TRegisterMode,
    TReliability,
    TRouteType,
    TServerRole,
    TSetOpType,
    TSwitchInfoType,
    TTreatmentType,
    TXRouteType,
)
from .kinds import Category, Identifies
from .rules import Circumstance, ends_in, ends_otherwise
from .values import KVList, RawValue
from .wire import Attribute, Shape

# base32hex of a 16-byte UUID (26 characters, no padding) and a 6-digit base-32 sequence number.
UUID_SHAPE = Shape(description="32 characters of 0-9A-V", length=32, alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUV")
ABSTRACT_DN = Shape(description="'<location>::', an abstract DN", suffix="::")


def abstract_dn(field: str) -> Circumstance:
    """Hold where the DN in `field` is abstract, or absent."""
    return ends_in(field, ABSTRACT_DN.suffix)


def ordinary_dn(field: str) -> Circumstance:
    """Hold where the DN in `field` is an ordinary one."""
    return ends_otherwise(field, ABSTRACT_DN.suffix)


ProtocolVersion = Annotated[str, Attribute(AttributeID.ProtocolVersion, wire.String, category=Category.SERVERS)]
ErrorMessage = Annotated[str, Attribute(AttributeID.ErrorMessage, wire.String, category=Category.MESSAGES)]
# 4294967295 in a log is -1.
ReferenceID = Annotated[int, Attribute(AttributeID.ReferenceID, wire.SignedInt, category=Category.COUNTERS, of_event=True, common=True)]
CallID = Annotated[int, Attribute(AttributeID.CallID, wire.Int, category=Category.IDS)]
NodeID = Annotated[int, Attribute(AttributeID.NodeID, wire.Int, category=Category.LOCATIONS)]
NetworkCallID = Annotated[int, Attribute(AttributeID.NetworkCallID, wire.Long, category=Category.IDS)]
NetworkNodeID = Annotated[int, Attribute(AttributeID.NetworkNodeID, wire.Int, category=Category.LOCATIONS)]
TransferredNetworkCallID = Annotated[int, Attribute(AttributeID.TransferredNetworkCallID, wire.Long, category=Category.IDS)]
TransferredNetworkNodeID = Annotated[int, Attribute(AttributeID.TransferredNetworkNodeID, wire.Int, category=Category.LOCATIONS)]
ConnID = Annotated[str, Attribute(AttributeID.ConnID, wire.ConnID, identifies=Identifies.CONNECTION)]
PreviousConnID = Annotated[str, Attribute(AttributeID.PreviousConnID, wire.ConnID, identifies=Identifies.OTHER_CONNECTION)]
TransferConnID = Annotated[str, Attribute(AttributeID.TransferConnID, wire.ConnID, identifies=Identifies.OTHER_CONNECTION)]
ConferenceConnID = Annotated[str, Attribute(AttributeID.ConferenceConnID, wire.ConnID, identifies=Identifies.OTHER_CONNECTION)]
CallState = Annotated[TCallState, Attribute(AttributeID.CallState, wire.Enum(TCallState))]
AgentID = Annotated[str, Attribute(AttributeID.AgentID, wire.String, category=Category.AGENTS, common=True)]
AgentStateReasonUnused = Annotated[RawValue, Attribute(AttributeID.AgentStateReasonUnused, None)]
AgentWorkMode = Annotated[TAgentWorkMode, Attribute(AttributeID.AgentWorkMode, wire.Enum(TAgentWorkMode), aliases=("WorkMode",))]
Reasons = Annotated[KVList, Attribute(AttributeID.Reason, wire.KVList, name="Reasons", aliases=("Reason",))]
DNIS = Annotated[str, Attribute(AttributeID.DNIS, wire.String, category=Category.NUMBERS)]
ANI = Annotated[str, Attribute(AttributeID.ANI, wire.String, category=Category.NUMBERS)]
ThisDN = Annotated[str, Attribute(AttributeID.ThisDN, wire.String, identifies=Identifies.PARTY, of_event=True)]
ThisQueue = Annotated[str, Attribute(AttributeID.ThisQueue, wire.String, category=Category.QUEUES)]
ThisTrunk = Annotated[int, Attribute(AttributeID.ThisTrunk, wire.Int, category=Category.TRUNKS)]
ThisDNRole = Annotated[TDNRole, Attribute(AttributeID.ThisDNRole, wire.Enum(TDNRole))]
OtherDN = Annotated[str, Attribute(AttributeID.OtherDN, wire.String, identifies=Identifies.OTHER_PARTY)]
OtherQueue = Annotated[str, Attribute(AttributeID.OtherQueue, wire.String, category=Category.QUEUES)]
OtherTrunk = Annotated[int, Attribute(AttributeID.OtherTrunk, wire.Int, category=Category.TRUNKS)]
OtherDNRole = Annotated[TDNRole, Attribute(AttributeID.OtherDNRole, wire.Enum(TDNRole))]
ThirdPartyDN = Annotated[str, Attribute(AttributeID.ThirdPartyDN, wire.String, category=Category.NUMBERS)]
ThirdPartyQueue = Annotated[str, Attribute(AttributeID.ThirdPartyQueue, wire.String, category=Category.QUEUES)]
ThirdPartyTrunk = Annotated[int, Attribute(AttributeID.ThirdPartyTrunk, wire.Int, category=Category.TRUNKS)]
ThirdPartyDNRole = Annotated[TDNRole, Attribute(AttributeID.ThirdPartyDNRole, wire.Enum(TDNRole))]
MusicPath = Annotated[str, Attribute(AttributeID.MusicPath, wire.String, category=Category.FILES)]
VoiceFileName = Annotated[str, Attribute(AttributeID.VoiceFileName, wire.String, category=Category.FILES)]
FileHandle = Annotated[int, Attribute(AttributeID.FileHandle, wire.Int, category=Category.FILES)]
UserID = Annotated[str, Attribute(AttributeID.UserID, wire.String, category=Category.AGENTS)]
Password = Annotated[str, Attribute(AttributeID.Password, wire.String)]
VoiceSegment = Annotated[RawValue, Attribute(AttributeID.VoiceSegment, None)]
VoiceIFlag = Annotated[int, Attribute(AttributeID.VoiceIFlag, wire.Int, category=Category.CODES)]
VoiceCFlag = Annotated[int, Attribute(AttributeID.VoiceCFlag, wire.Int, category=Category.CODES)]
NumberOfDigits = Annotated[int, Attribute(AttributeID.NumberOfDigits, wire.Int, category=Category.COUNTERS)]
TerminateDigits = Annotated[str, Attribute(AttributeID.TerminateDigits, wire.String, category=Category.DIGITS)]
Timeout = Annotated[int, Attribute(AttributeID.Timeout, wire.Int, category=Category.TIMES)]
CollectedDigits = Annotated[str, Attribute(AttributeID.CollectedDigits, wire.String, category=Category.DIGITS)]
LastDigit = Annotated[str, Attribute(AttributeID.LastDigit, wire.String, category=Category.DIGITS, aliases=("LastCollectedDigit",))]
InputMask = Annotated[bytes, Attribute(AttributeID.InputMask, wire.Binary, category=Category.DIGITS)]
ErrorCode = Annotated[int, Attribute(AttributeID.ErrorCode, wire.Int, category=Category.CODES)]
AddressType = Annotated[TAddressType, Attribute(AttributeID.AddressType, wire.Enum(TAddressType))]
AddressMode = Annotated[int, Attribute(AttributeID.AddressMode, wire.Int, category=Category.CODES)]
RegisterMode = Annotated[TRegisterMode, Attribute(AttributeID.RegisterMode, wire.Enum(TRegisterMode))]
ControlMode = Annotated[TControlMode, Attribute(AttributeID.ControlMode, wire.Enum(TControlMode))]
UserData = Annotated[KVList, Attribute(AttributeID.UserData, wire.KVList)]
DataKey = Annotated[str, Attribute(AttributeID.DataKey, wire.String)]
Extensions = Annotated[KVList, Attribute(AttributeID.Extensions, wire.KVList, identifies=Identifies.LISTED_CALLS)]
CallType = Annotated[TCallType, Attribute(AttributeID.CallType, wire.Enum(TCallType))]
CallingLineName = Annotated[str, Attribute(AttributeID.CallingLineName, wire.String, category=Category.CUSTOMERS)]
InfoType = Annotated[
    TAddressInfoType, Attribute(AttributeID.AddressInfoType, wire.Enum(TAddressInfoType), name="InfoType", aliases=("AddressInfoType",))
]
InfoStatus = Annotated[
    int, Attribute(AttributeID.AddressInfoStatus, wire.Int, category=Category.COUNTERS, name="InfoStatus", aliases=("AddressInfoStatus",))
]
UserEvent = Annotated[MessageType, Attribute(AttributeID.UserEvent, wire.Enum(MessageType))]
CommunicationDN = Annotated[str, Attribute(AttributeID.CommunicationDN, wire.String, category=Category.NUMBERS)]
RouteType = Annotated[TRouteType, Attribute(AttributeID.RouteType, wire.Enum(TRouteType))]
ServerVersion = Annotated[str, Attribute(AttributeID.ServerVersion, wire.String, category=Category.SERVERS)]
ServerRole = Annotated[TServerRole, Attribute(AttributeID.ServerRole, wire.Enum(TServerRole))]
ServerCapabilityMask = Annotated[bytes, Attribute(AttributeID.ServerCapabilityMask, wire.Binary, category=Category.SERVERS)]
ApplicationName = Annotated[str, Attribute(AttributeID.ApplicationName, wire.String, category=Category.SERVERS)]
ApplicationPassword = Annotated[str, Attribute(AttributeID.ApplicationPassword, wire.String)]
MergeType = Annotated[TMergeType, Attribute(AttributeID.MergeType, wire.Enum(TMergeType))]
ForwardMode = Annotated[TForwardMode, Attribute(AttributeID.ForwardMode, wire.Enum(TForwardMode))]
DTMFDigits = Annotated[str, Attribute(AttributeID.DTMFDigits, wire.String, category=Category.DIGITS)]
Location = Annotated[str, Attribute(AttributeID.Location, wire.String, category=Category.LOCATIONS)]
RemoteLocation = Annotated[str, Attribute(AttributeID.RemoteLocation, wire.String, category=Category.LOCATIONS)]
RemoteConnID = Annotated[str, Attribute(AttributeID.RemoteConnID, wire.ConnID, identifies=Identifies.OTHER_CONNECTION)]
RemoteDN = Annotated[str, Attribute(AttributeID.RemoteDN, wire.String, category=Category.NUMBERS)]
MakeCallType = Annotated[TMakeCallType, Attribute(AttributeID.MakeCallType, wire.Enum(TMakeCallType))]
CallInfoType = Annotated[TCallInfoType, Attribute(AttributeID.CallInfoType, wire.Enum(TCallInfoType))]
HomeLocation = Annotated[str, Attribute(AttributeID.HomeLocation, wire.String, category=Category.LOCATIONS)]
CustomerID = Annotated[str, Attribute(AttributeID.CustomerID, wire.String, category=Category.CUSTOMERS)]
FirstTransferHomeLocation = Annotated[str, Attribute(AttributeID.FirstTransferHomeLocation, wire.String, category=Category.LOCATIONS)]
FirstTransferOrigDN = Annotated[str, Attribute(AttributeID.FirstTransferOrigDN, wire.String, category=Category.NUMBERS)]
LastTransferHomeLocation = Annotated[str, Attribute(AttributeID.LastTransferHomeLocation, wire.String, category=Category.LOCATIONS)]
LastTransferOrigDN = Annotated[str, Attribute(AttributeID.LastTransferOrigDN, wire.String, category=Category.NUMBERS)]
SetOperation = Annotated[TSetOpType, Attribute(AttributeID.SetOperation, wire.Enum(TSetOpType))]
NewConnID = Annotated[str, Attribute(AttributeID.NewConnID, wire.ConnID, identifies=Identifies.OTHER_CONNECTION)]
TreatmentType = Annotated[TTreatmentType, Attribute(AttributeID.TreatmentType, wire.Enum(TTreatmentType))]
TreatmentParms = Annotated[KVList, Attribute(AttributeID.TreatmentParms, wire.KVList, aliases=("TreatmentParameters",))]
CLID = Annotated[RawValue, Attribute(AttributeID.CLID, None)]
TimeinSecs = Annotated[int, Attribute(AttributeID.TimeinSecs, wire.Int, category=Category.TIMES, of_event=True, common=True)]
TimeinuSecs = Annotated[int, Attribute(AttributeID.TimeinuSecs, wire.Int, category=Category.TIMES, of_event=True, common=True)]
SwitchInfoType = Annotated[TSwitchInfoType, Attribute(AttributeID.SwitchInfoType, wire.Enum(TSwitchInfoType))]
XRouteType = Annotated[TXRouteType, Attribute(AttributeID.XRouteType, wire.Enum(TXRouteType, signed=True))]
AccessNumber = Annotated[str, Attribute(AttributeID.AccessNumber, wire.String, category=Category.NUMBERS)]
XReferenceID = Annotated[int, Attribute(AttributeID.XReferenceID, wire.Int, category=Category.COUNTERS)]
Place = Annotated[str, Attribute(AttributeID.Place, wire.String, category=Category.PLACES)]
Priority = Annotated[int, Attribute(AttributeID.Priority, wire.Int, category=Category.COUNTERS)]
AgentIdleReason = Annotated[RawValue, Attribute(AttributeID.AgentIdleReason, None)]
RegistrationCode = Annotated[int, Attribute(AttributeID.RegistrationCode, wire.Int, category=Category.CODES)]
DNSyncInfo = Annotated[RawValue, Attribute(AttributeID.DNSyncInfo, None)]
MediaType = Annotated[TMediaType, Attribute(AttributeID.MediaType, wire.Enum(TMediaType))]
LocationInfoType = Annotated[TLocationInfoType, Attribute(AttributeID.LocationInfoType, wire.Enum(TLocationInfoType))]
OriginalConnID = Annotated[str, Attribute(AttributeID.OriginalConnID, wire.ConnID, identifies=Identifies.OTHER_CONNECTION)]
ConsultType = Annotated[int, Attribute(AttributeID.ConsultType, wire.Int, category=Category.CODES)]
MonitorNextCallType = Annotated[TMonitorNextCallType, Attribute(AttributeID.MonitorNextCallType, wire.Enum(TMonitorNextCallType))]
ClientID = Annotated[int, Attribute(AttributeID.ClientID, wire.Int)]
ProtocolID = Annotated[int, Attribute(AttributeID.ProtocolID, wire.Int, category=Category.CODES)]
PreviousCallID = Annotated[int, Attribute(AttributeID.PreviousCallID, wire.Int, category=Category.IDS)]
PrivateMsgID = Annotated[int, Attribute(AttributeID.PrivateMsgID, wire.Int, category=Category.CODES, aliases=("PrivateEvent",))]
FirstTransferConnID = Annotated[str, Attribute(AttributeID.FirstTransferConnID, wire.ConnID, identifies=Identifies.OTHER_CONNECTION)]
LastTransferConnID = Annotated[str, Attribute(AttributeID.LastTransferConnID, wire.ConnID, identifies=Identifies.OTHER_CONNECTION)]
SessionID = Annotated[int, Attribute(AttributeID.SessionID, wire.Int, category=Category.IDS)]
Host = Annotated[str, Attribute(AttributeID.Host, wire.String, category=Category.SERVERS)]
Port = Annotated[int, Attribute(AttributeID.Port, wire.Int, category=Category.SERVERS)]
DBID = Annotated[int, Attribute(AttributeID.DBID, wire.Int, category=Category.DATABASE)]
OtherDBID = Annotated[int, Attribute(AttributeID.OtherDBID, wire.Int, category=Category.DATABASE)]
ThirdPartyDBID = Annotated[int, Attribute(AttributeID.ThirdPartyDBID, wire.Int, category=Category.DATABASE)]
Cause = Annotated[TCause, Attribute(AttributeID.Cause, wire.Enum(TCause))]
DN = Annotated[str, Attribute(AttributeID.DN, wire.String, category=Category.NUMBERS)]
DialedNumber = Annotated[str, Attribute(AttributeID.DialedNumber, wire.String, category=Category.NUMBERS)]
OriginConnID = Annotated[str, Attribute(AttributeID.OriginConnID, wire.ConnID, identifies=Identifies.OTHER_CONNECTION)]
RefConnID = Annotated[str, Attribute(AttributeID.RefConnID, wire.ConnID, identifies=Identifies.MERGED_CONNECTION)]
Reliability = Annotated[TReliability, Attribute(AttributeID.Reliability, wire.Enum(TReliability))]
TimeStamp = Annotated[RawValue, Attribute(AttributeID.TimeStamp, None)]
SwitchTime = Annotated[RawValue, Attribute(AttributeID.SwitchTime, None)]
PartyID = Annotated[RawValue, Attribute(AttributeID.PartyID, None)]
PartyType = Annotated[int, Attribute(AttributeID.PartyType, wire.Int, category=Category.CODES)]
PartyState = Annotated[TPartyState, Attribute(AttributeID.PartyState, wire.Enum(TPartyState))]
RefParty = Annotated[RawValue, Attribute(AttributeID.RefParty, None)]
# How a party is referred to is not public (confidence: low); replace this one line when it is known.
CtrlParty = Annotated[str, Attribute(AttributeID.CtrlParty, wire.String, identifies=Identifies.CONTROLLING_PARTY, of_event=True)]
RemoteLoc = Annotated[RawValue, Attribute(AttributeID.RemoteLoc, None)]
RemoteParty = Annotated[RawValue, Attribute(AttributeID.RemoteParty, None)]
Device = Annotated[RawValue, Attribute(AttributeID.Device, None)]
Reserved_1 = Annotated[RawValue, Attribute(AttributeID.Reserved_1, None)]
Reserved_2 = Annotated[RawValue, Attribute(AttributeID.Reserved_2, None)]
UpdateRevision = Annotated[RawValue, Attribute(AttributeID.UpdateRevision, None)]
ReturnReceipt = Annotated[RawValue, Attribute(AttributeID.ReturnReceipt, None)]
ReturnReceiptDN = Annotated[RawValue, Attribute(AttributeID.ReturnReceiptDN, None)]
ServerXCapabilities = Annotated[RawValue, Attribute(AttributeID.ServerXCapabilities, None)]
NetworkCallState = Annotated[TNetworkCallState, Attribute(AttributeID.NetworkCallState, wire.Enum(TNetworkCallState))]
NetworkDestState = Annotated[TNetworkDestState, Attribute(AttributeID.NetworkDestState, wire.Enum(TNetworkDestState))]
NetworkPartyRole = Annotated[TNetworkPartyRole, Attribute(AttributeID.NetworkPartyRole, wire.Enum(TNetworkPartyRole))]
NetworkOrigDN = Annotated[str, Attribute(AttributeID.NetworkOrigDN, wire.String, category=Category.NUMBERS)]
NetworkDestDN = Annotated[str, Attribute(AttributeID.NetworkDestDN, wire.String, category=Category.NUMBERS)]
CallUUID = Annotated[
    str,
    Attribute(
        AttributeID.CallUUID,
        wire.String,
        shape=UUID_SHAPE,
        aliases=("CallUuid",),
        identifies=Identifies.CALL,
        common=True,
    ),
]
NewCallUUID = Annotated[str, Attribute(AttributeID.NewCallUUID, wire.String, shape=UUID_SHAPE, identifies=Identifies.OTHER_CALL)]
OrigCallUUID = Annotated[str, Attribute(AttributeID.OrigCallUUID, wire.String, shape=UUID_SHAPE, identifies=Identifies.ORIGINAL_CALL)]
RefCallUUID = Annotated[str, Attribute(AttributeID.RefCallUUID, wire.String, shape=UUID_SHAPE, identifies=Identifies.MERGED_CALL)]
PartyUUID = Annotated[str, Attribute(AttributeID.PartyUUID, wire.String, shape=UUID_SHAPE, identifies=Identifies.PARTY_ID, common=True)]
ISLinkList = Annotated[KVList, Attribute(AttributeID.ISLinkList, wire.KVList, identifies=Identifies.LINKED_CALLS)]
ServerStartTime = Annotated[RawValue, Attribute(AttributeID.ServerStartTime, None)]
EventSequenceNumber = Annotated[
    int, Attribute(AttributeID.EventSequenceNumber, wire.Long, category=Category.COUNTERS, of_event=True, common=True)
]
Server = Annotated[int, Attribute(AttributeID.Server, wire.Int, category=Category.COUNTERS, of_event=True, client_side=True)]


class Timestamp(Composite):
    """When the event was generated: seconds and microseconds since 1970-01-01 GMT.

    >>> Timestamp(seconds=1432917924, microseconds=594200).datetime.isoformat()
    '2015-05-29T16:45:24.594200+00:00'
    """

    label: ClassVar[str] = "time"

    seconds: TimeinSecs
    microseconds: TimeinuSecs | None = None

    @property
    def datetime(self) -> dt.datetime:
        """The moment in UTC. Microseconds beyond a second carry over."""
        return dt.datetime.fromtimestamp(self.seconds, dt.UTC) + dt.timedelta(microseconds=self.microseconds or 0)

    def to_text(self) -> str | None:
        """ISO 8601 in UTC, with six digits of fraction, or none where there are no microseconds.

        None where a text would not say the same two numbers.
        """
        if not 0 <= self.seconds <= 0xFFFF_FFFF or not 0 <= (self.microseconds or 0) <= 999_999:
            return None
        if self.microseconds is None:
            return self.datetime.strftime("%Y-%m-%dT%H:%M:%SZ")
        return self.datetime.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    @classmethod
    def from_text(cls, text: str) -> Timestamp:
        """From ISO 8601 with an offset. Raises ValueError."""
        try:
            stamp = cls.of(dt.datetime.fromisoformat(text))
        except OverflowError as error:  # an offset that leads out of the calendar
            raise ValueError(str(error)) from None
        return stamp if "." in text or "," in text else cls(seconds=stamp.seconds)

    @classmethod
    def of(cls, moment: dt.datetime) -> Timestamp:
        """From an aware datetime. Raises ValueError where it is naive."""
        if moment.tzinfo is None:
            raise ValueError("a Timestamp is made of an aware datetime: give it a tzinfo")
        moment = moment.astimezone(dt.UTC)
        return cls(seconds=int(moment.replace(microsecond=0).timestamp()), microseconds=moment.microsecond)


class CallHistory(Composite):
    """Where the call was first and last transferred from.

    The four names are certain; that the two ConnIDs belong to the group is inferred.
    """

    label: ClassVar[str] = "CallHistory"

    first_transfer_home_location: FirstTransferHomeLocation | None = None
    first_transfer_orig_dn: FirstTransferOrigDN | None = None
    last_transfer_home_location: LastTransferHomeLocation | None = None
    last_transfer_orig_dn: LastTransferOrigDN | None = None
    first_transfer_conn_id: FirstTransferConnID | None = None
    last_transfer_conn_id: LastTransferConnID | None = None
