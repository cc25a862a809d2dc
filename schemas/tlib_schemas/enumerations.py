"""The numbers of T-Library: message types, attribute ids and the enumerations.

Strategy: each enumeration is *open*. A number without a name becomes a member of its own class,
equal to the plain int, so that a newer release's numbers survive every round trip. Such members
are made on demand and never cached: hostile input cannot make the class grow.

Names and numbers are facts gathered from public lists of the 7.1 and 8.0 families. Where a class
does not state a confidence, several independent sources agree.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class OpenEnum(IntEnum):
    """An integer enumeration that accepts every integer.

    >>> TCause(200)
    <TCause.200: 200>
    >>> TCause(200) == 200, TCause(200).label, TCause(10).label
    (True, None, 'Transfer')
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_ = str(int(value))
        member._value_ = int(value)
        return member

    @property
    def label(self) -> str | None:
        """The specification's name, or None for a number that has none."""
        # Python reserves a few names (None): those members carry a trailing underscore.
        return None if self._name_.lstrip("-").isdigit() else self._name_.rstrip("_")

    @classmethod
    def from_label(cls, label: str) -> Self | None:
        """The member of that name (aliases too), or None."""
        members = cls.__members__
        return members.get(label, members.get(label + "_"))


class MessageType(OpenEnum):
    """Message numbers (C name: TMessageType).

    Numbers above 182 exist in newer releases and are not public.
    """

    RequestRegisterClient = 0
    RequestQueryServer = 1
    RequestQueryAddress = 2
    RequestRegisterAddress = 3
    RequestUnregisterAddress = 4
    RequestRegisterAll = 5
    RequestUnregisterAll = 6
    RequestSetInputMask = 7
    RequestAgentLogin = 8
    RequestAgentLogout = 9
    RequestAgentReady = 10
    RequestAgentNotReady = 11
    RequestSetDNDOn = 12
    RequestSetDNDOff = 13
    RequestMakeCall = 14
    RequestMakePredictiveCall = 15
    RequestAnswerCall = 16
    RequestReleaseCall = 17
    RequestHoldCall = 18
    RequestRetrieveCall = 19
    RequestInitiateConference = 20
    RequestCompleteConference = 21
    RequestDeleteFromConference = 22
    RequestInitiateTransfer = 23
    RequestMuteTransfer = 24
    RequestSingleStepTransfer = 25
    RequestCompleteTransfer = 26
    RequestMergeCalls = 27
    RequestAlternateCall = 28
    RequestReconnectCall = 29
    RequestAttachUserData = 30
    RequestUpdateUserData = 31
    RequestDeleteUserData = 32
    RequestDeletePair = 33
    RequestCallForwardSet = 34
    RequestCallForwardCancel = 35
    RequestRouteCall = 36
    RequestGiveMusicTreatment = 37
    RequestGiveSilenceTreatment = 38
    RequestGiveRingBackTreatment = 39
    RequestLoginMailBox = 40
    RequestLogoutMailBox = 41
    RequestOpenVoiceFile = 42
    RequestCloseVoiceFile = 43
    RequestPlayVoiceFile = 44
    RequestCollectDigits = 45
    RequestSetMessageWaitingOn = 46
    RequestSetMessageWaitingOff = 47
    RequestDistributeUserEvent = 48
    RequestDistributeEvent = 49
    EventServerConnected = 50
    EventServerDisconnected = 51
    EventError = 52
    EventRegistered = 53
    EventUnregistered = 54
    EventRegisteredAll = 55
    EventUnregisteredAll = 56
    EventQueued = 57
    EventDiverted = 58
    EventAbandoned = 59
    EventRinging = 60
    EventDialing = 61
    EventNetworkReached = 62
    EventDestinationBusy = 63
    EventEstablished = 64
    EventReleased = 65
    EventHeld = 66
    EventRetrieved = 67
    EventPartyChanged = 68
    EventPartyAdded = 69
    EventPartyDeleted = 70
    EventRouteRequest = 71
    EventRouteUsed = 72
    EventAgentLogin = 73
    EventAgentLogout = 74
    EventAgentReady = 75
    EventAgentNotReady = 76
    EventDNDOn = 77
    EventDNDOff = 78
    EventMailBoxLogin = 79
    EventMailBoxLogout = 80
    EventVoiceFileOpened = 81
    EventVoiceFileClosed = 82
    EventVoiceFileEndPlay = 83
    EventDigitsCollected = 84
    EventAttachedDataChanged = 85
    EventOffHook = 86
    EventOnHook = 87
    EventForwardSet = 88
    EventForwardCancel = 89
    EventMessageWaitingOn = 90
    EventMessageWaitingOff = 91
    EventAddressInfo = 92
    EventServerInfo = 93
    EventLinkDisconnected = 94
    EventLinkConnected = 95
    EventUserEvent = 96
    RequestSendDTMF = 97
    EventDTMFSent = 98
    EventResourceAllocated = 99
    EventResourceFreed = 100
    EventRemoteConnectionSuccess = 101
    EventRemoteConnectionFailed = 102
    RequestRedirectCall = 103
    RequestListenDisconnect = 104
    RequestListenReconnect = 105
    EventListenDisconnected = 106
    EventListenReconnected = 107
    RequestQueryCall = 108
    EventPartyInfo = 109
    RequestClearCall = 110
    RequestSetCallInfo = 111
    EventCallInfoChanged = 112
    RequestApplyTreatment = 113
    EventTreatmentApplied = 114
    EventTreatmentNotApplied = 115
    EventTreatmentEnd = 116
    EventHardwareError = 117
    EventAgentAfterCallWork = 118
    EventTreatmentRequired = 119
    RequestSingleStepConference = 120
    RequestQuerySwitch = 121
    EventSwitchInfo = 122
    RequestGetAccessNumber = 123
    RequestCancelReqGetAccessNumber = 124
    EventAnswerAccessNumber = 125
    EventReqGetAccessNumberCanceled = 126
    RequestReserveAgent = 127
    EventAgentReserved = 128
    RequestReserveAgentAndGetAccessNumber = 129
    RequestAgentSetIdleReason = 130
    EventAgentIdleReasonSet = 131
    EventRestoreConnection = 132
    EventPrimaryChanged = 133
    RequestLostBackupConnection = 134
    RequestSetDNInfo = 135
    RequestQueryLocation = 136
    EventLocationInfo = 137
    EventACK = 138
    RequestMonitorNextCall = 139
    RequestCancelMonitoring = 140
    EventMonitoringNextCall = 141
    EventMonitoringCancelled = 142
    RequestSetMuteOn = 143
    RequestSetMuteOff = 144
    EventMuteOn = 145
    EventMuteOff = 146
    EventDNOutOfService = 147
    EventDNBackInService = 148
    RequestPrivateService = 149
    EventPrivateInfo = 150
    EventBridged = 151
    EventQueueLogout = 152
    EventReserved_1 = 153
    EventReserved_2 = 154
    EventReserved_3 = 155
    EventReserved_4 = 156
    EventReserved_5 = 157
    EventReserved_6 = 158
    EventReserved_7 = 159
    EventCallCreated = 160
    EventCallDataChanged = 161
    EventCallDeleted = 162
    EventCallPartyAdded = 163
    EventCallPartyState = 164
    EventCallPartyMoved = 165
    EventCallPartyDeleted = 166
    RequestStartCallMonitoring = 167
    RequestStopCallMonitoring = 168
    RequestSendReturnReceipt = 169
    EventReturnReceipt = 170
    RequestNetworkConsult = 171
    RequestNetworkAlternate = 172
    RequestNetworkTransfer = 173
    RequestNetworkMerge = 174
    RequestNetworkReconnect = 175
    RequestNetworkSingleStepTransfer = 176
    RequestNetworkPrivateService = 177
    EventNetworkCallStatus = 178
    EventNetworkPrivateInfo = 179
    RequestTransactionMonitoring = 180
    EventTransactionStatus = 181
    EventResourceInfo = 182


class AttributeID(OpenEnum):
    """Attribute numbers (C names: AttributeXxx).

    0x8000 and up are this project's private ids: Server is set by the receiving side and has no
    number of the vendor's. Ids added after 2005 are not public.
    """

    ProtocolVersion = 0
    ErrorMessage = 1
    ReferenceID = 2
    CallID = 3
    NodeID = 4
    NetworkCallID = 5
    NetworkNodeID = 6
    TransferredNetworkCallID = 7
    TransferredNetworkNodeID = 8
    ConnID = 9
    PreviousConnID = 10
    TransferConnID = 11
    ConferenceConnID = 12
    CallState = 13
    AgentID = 14
    AgentStateReasonUnused = 15
    AgentWorkMode = 16
    Reason = 17
    DNIS = 18
    ANI = 19
    ThisDN = 20
    ThisQueue = 21
    ThisTrunk = 22
    ThisDNRole = 23
    OtherDN = 24
    OtherQueue = 25
    OtherTrunk = 26
    OtherDNRole = 27
    ThirdPartyDN = 28
    ThirdPartyQueue = 29
    ThirdPartyTrunk = 30
    ThirdPartyDNRole = 31
    MusicPath = 32
    VoiceFileName = 33
    FileHandle = 34
    UserID = 35
    Password = 36
    VoiceSegment = 37
    VoiceIFlag = 38
    VoiceCFlag = 39
    NumberOfDigits = 40
    TerminateDigits = 41
    Timeout = 42
    CollectedDigits = 43
    LastDigit = 44
    InputMask = 45
    ErrorCode = 46
    AddressType = 47
    AddressMode = 48
    RegisterMode = 49
    ControlMode = 50
    UserData = 51
    DataKey = 52
    Extensions = 53
    CallType = 54
    CallingLineName = 55
    AddressInfoType = 56
    AddressInfoStatus = 57
    UserEvent = 58
    CommunicationDN = 59
    RouteType = 60
    ServerVersion = 61
    ServerRole = 62
    ServerCapabilityMask = 63
    ApplicationName = 64
    ApplicationPassword = 65
    MergeType = 66
    ForwardMode = 67
    DTMFDigits = 68
    Location = 69
    RemoteLocation = 70
    RemoteConnID = 71
    RemoteDN = 72
    MakeCallType = 73
    CallInfoType = 74
    HomeLocation = 75
    CustomerID = 76
    FirstTransferHomeLocation = 77
    FirstTransferOrigDN = 78
    LastTransferHomeLocation = 79
    LastTransferOrigDN = 80
    SetOperation = 81
    NewConnID = 82
    TreatmentType = 83
    TreatmentParms = 84
    CLID = 85
    TimeinSecs = 86
    TimeinuSecs = 87
    SwitchInfoType = 88
    XRouteType = 89
    AccessNumber = 90
    XReferenceID = 91
    Place = 92
    Priority = 93
    AgentIdleReason = 94
    RegistrationCode = 95
    DNSyncInfo = 96
    MediaType = 97
    LocationInfoType = 98
    OriginalConnID = 99
    ConsultType = 100
    MonitorNextCallType = 101
    ClientID = 102
    ProtocolID = 103
    PreviousCallID = 104
    PrivateMsgID = 105
    FirstTransferConnID = 106
    LastTransferConnID = 107
    SessionID = 108
    Host = 109
    Port = 110
    DBID = 111
    OtherDBID = 112
    ThirdPartyDBID = 113
    Cause = 114
    DN = 115
    DialedNumber = 116
    OriginConnID = 117
    RefConnID = 118
    Reliability = 119
    TimeStamp = 120
    SwitchTime = 121
    PartyID = 122
    PartyType = 123
    PartyState = 124
    RefParty = 125
    CtrlParty = 126
    RemoteLoc = 127
    RemoteParty = 128
    Device = 129
    Reserved_1 = 130
    Reserved_2 = 131
    UpdateRevision = 132
    ReturnReceipt = 133
    ReturnReceiptDN = 134
    ServerXCapabilities = 135
    NetworkCallState = 136
    NetworkDestState = 137
    NetworkPartyRole = 138
    NetworkOrigDN = 139
    NetworkDestDN = 140
    CallUUID = 141
    NewCallUUID = 142
    OrigCallUUID = 143
    RefCallUUID = 144
    PartyUUID = 145
    ISLinkList = 146
    ServerStartTime = 147
    EventSequenceNumber = 148
    Server = 0x8001


class TAddressType(OpenEnum):
    """What kind of DN an address is (C names: AddressTypeXxx)."""

    Unknown = 0
    DN = 1
    Position = 2
    Queue = 3
    RouteDN = 4
    Trunk = 5
    VoiceChannel = 6
    DataChannel = 7
    Announcement = 8
    ASAI = 9
    ACDGroup = 10
    VSP = 11
    RouteQueue = 12
    AgentID = 13
    Other = 99


class TServerRole(OpenEnum):
    """Role of a T-Server in a redundant pair."""

    Primary = 0
    Backup = 1


class TCallType(OpenEnum):
    """Type of a call (C names: CallTypeXxx)."""

    Unknown = 0
    Internal = 1
    Inbound = 2
    Outbound = 3
    Consult = 4


class TCallState(OpenEnum):
    """State a call ended in or reached (C names: CallStateXxx).

    32 to 48 and 51 to 53 come from a second source alone (confidence: medium).
    """

    Ok = 0
    Transferred = 1
    Conferenced = 2
    GeneralError = 3
    SystemError = 4
    RemoteRelease = 5
    Busy = 6
    NoAnswer = 7
    SitDetected = 8
    AnsweringMachineDetected = 9
    AllTrunksBusy = 10
    SitInvalidnum = 11
    SitVacant = 12
    SitIntercept = 13
    SitUnknown = 14
    SitNocircuit = 15
    SitReorder = 16
    FaxDetected = 17
    QueueFull = 18
    Cleared = 19
    Overflowed = 20
    Abandoned = 21
    Redirected = 22
    Forwarded = 23
    Consult = 24
    Pickedup = 25
    Dropped = 26
    Droppednoanswer = 27
    Unknown = 28
    Covered = 29
    ConverseOn = 30
    Bridged = 31
    Silence = 32
    Answer = 33
    NuTone = 34
    NoDialTone = 35
    NoProgress = 36
    NoRingBack = 37
    NoEstablished = 38
    PagerDetected = 39
    WrongParty = 40
    DialErr = 41
    DropErr = 42
    SwitchErr = 43
    NoFreePortErr = 44
    TransferErr = 45
    Stale = 46
    AgentCallBackErr = 47
    GroupCallBackErr = 48
    Deafened = 49
    Held = 50
    DoNotCall = 51
    Cancel = 52
    WrongNumber = 53


class TAgentWorkMode(OpenEnum):
    """Work mode of an agent; LegalGuard shares 2 with AutoIn."""

    Unknown = 0
    ManualIn = 1
    AutoIn = 2
    AfterCallWork = 3
    AuxWork = 4
    NoCallDisconnect = 5
    WalkAway = 6
    ReturnBack = 7
    LegalGuard = 2


class TDNRole(OpenEnum):
    """Role of a DN in a call (C names: DNRoleXxx)."""

    Unknown = 0
    Origination = 1
    Destination = 2
    ConferenceMember = 3
    NewParty = 4
    AddedBy = 5
    DeletedBy = 6
    TransferredBy = 7
    DeletedParty = 8
    ConferencedBy = 9
    Observer = 10


class TAssociationInfoType(OpenEnum):
    """Answer to an AssociationStatus query."""

    ThisSession = 0
    AnotherSession = 1
    NotAssociated = 2
    NotAllowed = 3


class TAddressInfoType(OpenEnum):
    """What an EventAddressInfo tells (C names: AddressInfoXxx); 12 and 13 are obsolete."""

    AddressStatus = 0
    MessageWaitingStatus = 1
    AssociationStatus = 2
    CallForwardingStatus = 3
    AgentStatus = 4
    NumberOfAgentsInQueue = 5
    NumberOfAvailableAgentsInQueue = 6
    NumberOfCallsInQueue = 7
    AddressType = 8
    CallsQuery = 9
    SendAllCallsStatus = 10
    QueueLoginAudit = 11
    NumberOfIdleClassifiers = 12
    NumberOfClassifiersInUse = 13
    NumberOfIdleTrunks = 14
    NumberOfTrunksInUse = 15
    DatabaseValue = 16
    DNStatus = 17
    QueueStatus = 18
    IDMAX = 19


class TAddressStatusInfoType(OpenEnum):
    """Answer to an AddressStatus query."""

    Idle = 0
    Origination = 1
    Dialing = 2
    Talking = 3
    Ringing = 4
    Held = 5
    Treatment = 6
    LockedOut = 7
    Maintenance = 8
    Available = 9
    Vacant = 10


class TMsgWaitingInfoType(OpenEnum):
    """Answer to a MessageWaitingStatus query."""

    Activated = 0
    Deactivated = 1
    ExecActivated = 2
    ExecDeactivated = 3
    NotAllowed = 4


class TForwardMode(OpenEnum):
    """Call forwarding mode."""

    None_ = 0
    Unconditional = 1
    OnBusy = 2
    OnNoAnswer = 3
    OnBusyAndNoAnswer = 4
    SendAllCalls = 5


class TTreatmentType(OpenEnum):
    """Type of a call treatment."""

    Unknown = 0
    IVR = 1
    Music = 2
    RingBack = 3
    Silence = 4
    Busy = 5
    CollectDigits = 6
    PlayAnnouncement = 7
    PlayAnnouncementAndDigits = 8
    VerifyDigits = 9
    RecordUserAnnouncement = 10
    DeleteUserAnnouncement = 11
    CancelCall = 12
    PlayApplication = 13
    SetDefaultRoute = 14
    TextToSpeech = 15
    TextToSpeechAndDigits = 16
    FastBusy = 17
    RAN = 18


class TRouteType(OpenEnum):
    """How a call is routed."""

    Unknown = 0
    Default = 1
    Label = 2
    OverwriteDNIS = 3
    DDD = 4
    IDDD = 5
    Direct = 6
    Reject = 7
    Announcement = 8
    PostFeature = 9
    DirectAgent = 10
    Priority = 11
    DirectPriority = 12
    AgentID = 13
    CallDisconnect = 14


class TXRouteType(OpenEnum):
    """How a call crosses to another site; the one signed enumeration."""

    Default = -1
    Route = 0
    Direct = 1
    Reroute = 2
    DirectUUI = 3
    DirectANI = 4
    DirectNoToken = 5
    DNISPooling = 6
    DirectDigits = 7
    PullBack = 8
    ExtProtocol = 9
    RouteUUI = 10
    DirectNetworkCallID = 11


class TMediaType(OpenEnum):
    """Medium of an interaction."""

    Voice = 0
    VoIP = 1
    EMail = 2
    VMail = 3
    SMail = 4
    Chat = 5
    Video = 6
    Cobrowsing = 7
    Whiteboard = 8
    AppSharing = 9
    WebForm = 10
    WorkItem = 11
    Custom0 = 100


class TLocationInfoType(OpenEnum):
    """What a location query asks or answers."""

    AllLocations = 0
    LocationData = 1
    MonitorLocation = 2
    CancelMonitorLocation = 3
    MonitorAllLocations = 4
    CancelMonitorAllLocations = 5
    LocationMonitorCanceled = 6
    AllLocationsMonitorCanceled = 7


class TMonitorNextCallType(OpenEnum):
    """How many calls RequestMonitorNextCall covers."""

    OneCall = 0
    AllCalls = 1


class TPartyState(OpenEnum):
    """State of a party: a bit field, so sums of these values are usual.

    Stands in the ps-%d pairs of an abstract DN's Extensions.
    """

    NULL = 0
    Initiated = 1
    Queued = 9
    Alerting = 10
    Busy = 11
    Connected = 12
    CP_Detect = 13
    Held = 14
    Failed = 15
    NoListen = 16
    NoTalk = 32
    Bridged = 64
    Audit = 128
    SvcObserving = 160
    TreatmentReq = 256
    Treatment = 512
    Routing = 2048
    Mod_Dialing = 65536
    Mod_Uncertain = 131072


class TPartyStateMasks(OpenEnum):
    """Masks that part the bit field TPartyState."""

    GTS = 15
    STS = 240
    RTS = 3840
    Report = 65535
    DDP = 4278190080


class TNetworkCallState(OpenEnum):
    """State of a network call."""

    Unknown = 0
    Consulting = 1
    ConsultHeld = 2
    Transferred = 3
    Conferenced = 4
    Reconnected = 5
    Disconnected = 6
    Null = 7


class TNetworkDestState(OpenEnum):
    """State of a network call's destination; Failed shares 3 with NoParty."""

    Unknown = 0
    Routing = 1
    Delivering = 2
    NoParty = 3
    Ok = 4
    Failed = 3


class TNetworkPartyRole(OpenEnum):
    """Role of a party in a network call."""

    Unknown = 0
    OrigParty = 1
    DestParty = 2


class TRegisterMode(OpenEnum):
    """How a DN is registered."""

    Share = 0
    Private = 1
    Monitor = 2


class TControlMode(OpenEnum):
    """How far a request goes: the switch or T-Server alone."""

    Default = 0
    Force = 1
    Local = 2


class TMakeCallType(OpenEnum):
    """How RequestMakeCall dials."""

    Regular = 0
    DirectAgent = 1
    SupervisorAssist = 2
    Priority = 3
    DirectPriority = 4


class TMergeType(OpenEnum):
    """What RequestMergeCalls makes of two calls."""

    ForTransfer = 0
    ForConference = 1


class TAgentType(OpenEnum):
    """Kind of agent."""

    Agent = 0
    Supervisor = 1


class TInterruptFlag(OpenEnum):
    """Whether a caller may interrupt an announcement."""

    Uninterruptable = 1
    Interruptable = 2


class TClearFlag(OpenEnum):
    """Whether digits dialled ahead are cleared."""

    Clear = 1
    NotClear = 2


class TCallInfoType(OpenEnum):
    """What RequestQueryCall asks."""

    PartiesQuery = 0
    StatusQuery = 1


class TSwitchInfoType(OpenEnum):
    """What RequestQuerySwitch asks."""

    Unused = 0
    DateTime = 1
    ClassifierStat = 2


class TDNState(OpenEnum):
    """Service state of a DN (confidence: medium)."""

    Unknown = 0
    Ok = 1
    Virtual = 2
    OutOfService = 3


class TSetOpType(OpenEnum):
    """Operation of RequestSetCallInfo."""

    CreateCallInfo = 0
    SetCallInfo = 1
    DeleteCallInfo = 2
    AddParty = 3
    DeleteParty = 4
    CallInfoUpdate = 5


class TRegMode(OpenEnum):
    """Registration mode: a bit mask (confidence: medium)."""

    Default = 1
    Monitor = 2
    Control = 4
    NoSync = 8
    NoPartyEvents = 16
    NoCallEvents = 32
    NoInternalPartyEvents = 64


class TSubscriptionOperationType(OpenEnum):
    """Operation on a subscription (confidence: medium)."""

    Start = 0
    Stop = 1
    Modify = 2


class TReliability(OpenEnum):
    """How far the information in an event can be relied on."""

    Ok = 0
    InPast = 1
    Uncertain = 2
    External = 3


class TCause(OpenEnum):
    """Why something happened to a call (confidence: medium to low, one source).

    Any other integer is kept. Source spells 11 "1stepTransfer".
    """

    EMPTY = 0
    ACD = 1
    Busy = 2
    NoAnswer = 3
    Reject = 4
    Route = 5
    Coverage = 6
    ConverseOn = 7
    Forward = 8
    Redirect = 9
    Transfer = 10
    SingleStepTransfer = 11
    Conference = 12
    AMdetected = 13
    FaxDetected = 14
    SITdetected = 15
    Empty = 0
    AMDetected = 13
    SITDetected = 15


class TKVType(OpenEnum):
    """Types of the values in a TKVList (C names: TKVTypeXxx)."""

    String = 0
    Int = 1
    Binary = 2
    List = 3
    Unicode = 4
    Incorrect = -1


class XKVType(OpenEnum):
    """Types in the extended list with integer keys: another table than TKVType; never mix the two."""

    String = 0
    Int = 1
    Binary = 2
    List = 3
    Empty = 4
    Unicode = 5
    Long = 6
    Float = 7
    Enum = 8
    Incorrect = -1


class XKVListPackFormat(OpenEnum):
    """Format words of packed extended lists."""

    PACKED_TKVL = 2162688
    PACKED_MSG = 2228224
    PACKED_XKVL = 2359296
