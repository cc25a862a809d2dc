# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""The lanes of `captures.lanes` in C, and the walk over plain packets.

Strategy: a `Lane` here owns a `tlib_lane` of the core, which the walk finds by its key; `Lanes`
holds the lanes, so none goes while the core knows it. The interface is that of the Python classes, whose
docstrings say what each method does; a property test holds both to the same items.
"""

from cpython.buffer cimport PyBUF_READ
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.memoryview cimport PyMemoryView_FromMemory
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, qsort, realloc
from libc.string cimport memcpy, memmove, memset

import os

from tlib_codec.native.engine cimport StreamDecoder

from tlib_codec.formats.captures.origin import packet_origin
from tlib_codec.records import Frames, Record, shifted

cdef size_t KEPT = 8 << 20  # bytes of frames for which the buffer is kept

cdef extern from "packets.h":
    enum:
        TLIB_KEY
        TLIB_SLOW
        TLIB_FAST
        TLIB_SKIP
    ctypedef struct tlib_mark:
        uint64_t end
        int64_t time
        uint64_t packet
    ctypedef struct tlib_lane:
        uint8_t key[36]
        uint8_t key_length
        uint8_t mode
        uint8_t touched
        uint8_t has_ack
        uint32_t next
        uint32_t ack
        uint64_t offset
        uint64_t last
        uint8_t *data
        size_t size
        size_t capacity
        size_t pending
        tlib_mark *marks
        size_t first
        size_t used
        size_t marks_capacity
        void *owner
    ctypedef struct tlib_lanes:
        tlib_lane **buckets
        size_t count
        tlib_lane **dirty
        size_t dirty_count
    ctypedef struct tlib_interface:
        uint16_t link
        uint32_t scale
        int64_t offset
    ctypedef struct tlib_layout:
        int ng
        int big
        uint32_t most
        uint32_t interfaces
        const tlib_interface *table
    int tlib_lane_append(tlib_lane *, const uint8_t *, size_t, int64_t, uint64_t)
    int tlib_lanes_init(tlib_lanes *, const uint64_t *)
    void tlib_lanes_add(tlib_lanes *, tlib_lane *)
    int tlib_lanes_touch(tlib_lanes *, tlib_lane *)
    tlib_lane *tlib_lanes_get(const tlib_lanes *, const uint8_t *, uint8_t)
    void tlib_lanes_remove(tlib_lanes *, tlib_lane *)
    void tlib_lane_acknowledge(tlib_lane *, uint32_t)
    int tlib_walk(tlib_lanes *, const tlib_layout *, const uint8_t *, size_t, size_t *, uint64_t *, int64_t *, size_t *)


cdef class Lane:
    """Bytes in order, of which some were taken already."""

    cdef tlib_lane lane
    cdef public object owner

    def __cinit__(self, bytes key, owner):
        memset(&self.lane, 0, sizeof(tlib_lane))
        if len(key) > TLIB_KEY:
            raise ValueError(f"a key of {len(key)} bytes")
        memcpy(self.lane.key, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))
        self.lane.key_length = <uint8_t> PyBytes_GET_SIZE(key)
        self.lane.owner = <void *> self
        self.owner = owner

    def __dealloc__(self):
        free(self.lane.data)
        free(self.lane.marks)

    @property
    def mode(self):
        """What the walk may do with it."""
        return self.lane.mode

    @mode.setter
    def mode(self, uint8_t mode):
        self.lane.mode = mode

    @property
    def next(self):
        """The sequence number expected."""
        return self.lane.next

    @next.setter
    def next(self, uint32_t number):
        self.lane.next = number

    @property
    def offset(self):
        """The place of `next` in the stream."""
        return self.lane.offset

    @property
    def ack(self):
        """The highest number that this side acknowledged, or -1."""
        return <int64_t> self.lane.ack if self.lane.has_ack else -1

    @property
    def last(self):
        """Number of the last packet."""
        return self.lane.last

    @last.setter
    def last(self, uint64_t number):
        self.lane.last = number

    @property
    def pending(self):
        """So many bytes were not taken yet."""
        return self.lane.pending

    @property
    def memory(self):
        """Return the bytes of memory that the lane holds."""
        return self.lane.capacity + self.lane.marks_capacity * sizeof(tlib_mark)

    def acknowledge(self, uint32_t ack):
        """Note what this side acknowledged, unless it is older."""
        tlib_lane_acknowledge(&self.lane, ack)

    def append(self, bytes data, int64_t time, uint64_t packet):
        """Take the next bytes, which that packet completed."""
        if tlib_lane_append(&self.lane, <const uint8_t *> PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), time, packet):
            raise MemoryError

    def jump(self, uint64_t count):
        """Leave out `count` bytes. Nothing may be pending."""
        self.lane.size = self.lane.first = self.lane.used = 0
        shrink(&self.lane, 0)
        self.lane.offset += count
        self.lane.next = <uint32_t> (self.lane.next + count)

    cpdef bytes head(self, size_t count):
        """The first of the bytes that are pending."""
        if not self.lane.pending:
            return b""
        return PyBytes_FromStringAndSize(
            <const char *> self.lane.data + self.lane.size - self.lane.pending, min(count, self.lane.pending)
        )

    def take(self, size_t history):
        """The bytes that are pending; `history` of all bytes are kept."""
        cdef bytes data = self.head(self.lane.pending)
        self.taken(history)
        return data

    def feed(self, decoder, size_t history):
        """Give the bytes that are pending to a decoder, from where they stand; `history` of all bytes are kept."""
        cdef size_t pending = self.lane.pending
        decoder.feed(PyMemoryView_FromMemory(<char *> self.lane.data + self.lane.size - pending, pending, PyBUF_READ))
        self.taken(history)

    cdef void taken(self, size_t history) noexcept:
        cdef size_t size = self.lane.size
        self.lane.pending = 0
        if size > 2 * history:
            if history:
                memmove(self.lane.data, self.lane.data + size - history, history)
            self.lane.size = history
            if self.lane.capacity > 2 * history:  # one long burst is no reason to keep its buffer for ever
                shrink(&self.lane, history)

    cdef const tlib_mark *at(self, uint64_t end) except NULL:
        """The mark of the packet that completed the stream up to `end`; ends are asked for in order."""
        if self.lane.used == self.lane.first:
            raise IndexError("nothing has come")
        while self.lane.used - self.lane.first > 1 and self.lane.marks[self.lane.first].end < end:
            self.lane.first += 1
        return &self.lane.marks[self.lane.first]

    def mark(self, uint64_t end):
        """Time and number of the packet that completed the stream up to `end`; ends are asked for in order."""
        cdef const tlib_mark *at = self.at(end)
        return at.time, at.packet

    cdef object record(self, item, bytes data, uint64_t base, uint64_t offset, file, flow):
        cdef const tlib_mark *at = self.at(offset + <uint64_t> PyBytes_GET_SIZE(data))
        return Record(shifted(item, base) if base else item, data, packet_origin(file, at.packet, at.time, offset, flow))

    def before(self, int64_t start, int64_t end):
        """What is still known of the stream from `start` to `end`: where it begins, and the bytes."""
        cdef int64_t known = <int64_t> (self.lane.offset - self.lane.size)
        start = max(start, known)
        end = min(max(start, end), <int64_t> self.lane.offset)
        if end <= start:
            return start, b""
        return start, PyBytes_FromStringAndSize(<const char *> self.lane.data + (start - known), end - start)


cdef extern from *:
    """
    #include <stdlib.h>
    static void shrink(tlib_lane *lane, size_t keep)
    {
        uint8_t *less = realloc(lane->data, keep ? keep : 1);
        if (less) { lane->data = less; lane->capacity = keep ? keep : 1; }
        if (lane->marks_capacity > 1024 && lane->used == 0) {
            free(lane->marks);
            lane->marks = NULL;
            lane->marks_capacity = 0;
        }
    }
    """
    void shrink(tlib_lane *, size_t)


cdef class Lanes:
    """The lanes that are followed, by key."""

    walks = True

    cdef tlib_lanes lanes
    cdef dict held
    cdef object layout
    cdef tlib_layout records
    cdef tlib_interface table[64]

    def __cinit__(self):
        cdef uint64_t seed[2]
        cdef bytes chance = os.urandom(16)
        memcpy(seed, PyBytes_AS_STRING(chance), 16)
        self.held = {}
        self.layout = None
        if tlib_lanes_init(&self.lanes, seed):
            raise MemoryError

    def __dealloc__(self):
        free(self.lanes.buckets)
        free(self.lanes.dirty)

    def __len__(self):
        return len(self.held)

    def output(self, str file not None):
        """Return the output for what these lanes complete."""
        return Output(file)

    def get(self, bytes key):
        """The lane of that key."""
        return self.held.get(key)

    def add(self, bytes key, owner):
        """A new lane."""
        cdef Lane lane
        if key in self.held:
            raise ValueError("there is a lane of that key")
        lane = Lane(key, owner)
        self.held[key] = lane
        tlib_lanes_add(&self.lanes, &lane.lane)
        return lane

    def remove(self, bytes key):
        """Forget the lane."""
        cdef Lane lane = self.held.pop(key)
        tlib_lanes_remove(&self.lanes, &lane.lane)

    def touch(self, Lane lane):
        """Note that the lane has bytes pending."""
        if self.held.get(lane.lane.key[: lane.lane.key_length]) is lane and tlib_lanes_touch(&self.lanes, &lane.lane):
            raise MemoryError

    def dirty(self):
        """The lanes touched since the last call."""
        cdef size_t i
        found = []
        for i in range(self.lanes.dirty_count):
            self.lanes.dirty[i].touched = 0
            found.append(<object> self.lanes.dirty[i].owner)
        self.lanes.dirty_count = 0
        return found

    def walk(self, bytes buffer, size_t position, uint64_t number, layout):
        """Deal with what is plain from `position` on: the new position, the last packet's number, its time and where it begins."""
        cdef int64_t time = 0
        cdef size_t last = position
        cdef uint32_t i
        if layout is not self.layout and layout != self.layout:
            self.records.ng, self.records.big, self.records.most, interfaces = layout
            self.records.interfaces = <uint32_t> min(len(interfaces), 64)
            self.records.table = self.table
            for i in range(self.records.interfaces):
                link, scale, offset, _ = interfaces[i]
                plain = 0 <= scale <= 1_000_000_000 and abs(offset) < 1 << 61
                self.table[i].link = link
                self.table[i].scale = scale if plain else 0
                self.table[i].offset = offset if plain else 0
        self.layout = layout
        if position > <size_t> PyBytes_GET_SIZE(buffer):
            raise ValueError("a position behind the buffer")
        if tlib_walk(
            &self.lanes, &self.records, <const uint8_t *> PyBytes_AS_STRING(buffer), PyBytes_GET_SIZE(buffer), &position, &number, &time, &last
        ):
            raise MemoryError
        return position, number, time, last


cdef struct Row:
    uint64_t packet, offset
    int64_t time
    size_t start     # of its bytes; of what is no frame, its number
    uint32_t length  # 0: no frame
    uint32_t flow
    size_t order     # of arrival


cdef int in_order(const void *one, const void *other) noexcept nogil:
    cdef const Row *a = <const Row *> one
    cdef const Row *b = <const Row *> other
    if a.packet != b.packet:
        return -1 if a.packet < b.packet else 1
    return -1 if a.order < b.order else a.order > b.order


cdef class Output:
    """The content of a capture until it is taken: runs of frames, and between them records and diagnostics."""

    cdef list flows  # those that the rows number
    cdef str file
    cdef list odd
    cdef Row *rows
    cdef size_t count, rows_capacity
    cdef uint8_t *data
    cdef size_t size, capacity

    def __cinit__(self, str file not None):
        self.file = file
        self.flows = []
        self.odd = []

    def __dealloc__(self):
        free(self.rows)
        free(self.data)

    cdef Row *row(self) except NULL:
        cdef size_t capacity
        cdef void *more
        if self.count == self.rows_capacity:
            capacity = 2 * self.rows_capacity + 256
            more = realloc(self.rows, capacity * sizeof(Row))
            if more == NULL:
                raise MemoryError
            self.rows, self.rows_capacity = <Row *> more, capacity
        self.rows[self.count].order = self.count
        self.count += 1
        return &self.rows[self.count - 1]

    cdef int frame(self, const uint8_t *data, size_t length, uint64_t offset, const tlib_mark *at, uint32_t flow) except -1:
        cdef size_t capacity
        cdef void *more
        cdef Row *row
        if self.size + length > self.capacity:
            capacity = 2 * (self.size + length)
            more = realloc(self.data, capacity)
            if more == NULL:
                raise MemoryError
            self.data, self.capacity = <uint8_t *> more, capacity
        row = self.row()
        memcpy(self.data + self.size, data, length)
        row.packet, row.time, row.offset, row.flow = at.packet, at.time, offset, flow
        row.start, row.length = self.size, <uint32_t> length
        self.size += length
        return 0

    def append(self, item):
        """Take a record or diagnostic."""
        cdef Row *row = self.row()
        row.packet, row.length, row.start = item.origin.packet or 0, 0, len(self.odd)
        self.odd.append(item)

    def collect(self, Lane lane, StreamDecoder decoder, uint64_t base, flow):
        """Take what the decoder of a lane completed; it was fed from `base` on."""
        cdef uint32_t number = <uint32_t> len(self.flows)
        cdef const uint8_t *at = NULL
        cdef uint64_t length = 0, offset
        cdef bytes data
        self.flows.append(flow)
        while True:
            offset = base + decoder.stream.base
            item = decoder.step(&at, &length)
            if item is not None:
                data = decoder.data
                self.append(lane.record(item, data, base, offset, self.file, flow))
            elif length:
                self.frame(at, length, offset, lane.at(offset + length), number)
            else:
                return

    def take(self):
        """Return the content since the last call, in the order of packets."""
        cdef list found = []
        cdef size_t begin = 0, end
        cdef bint ascending = True
        for end in range(1, self.count):
            if self.rows[end].packet < self.rows[end - 1].packet:
                ascending = False
                break
        if not ascending:
            qsort(self.rows, self.count, sizeof(Row), in_order)
        while begin < self.count:
            if not self.rows[begin].length:
                found.append(self.odd[self.rows[begin].start])
                begin += 1
                continue
            end = begin + 1
            while end < self.count and self.rows[end].length:
                end += 1
            found.append(self.run(begin, end))
            begin = end
        self.odd.clear()
        self.flows = []
        self.count = self.size = 0
        if self.capacity > KEPT:
            free(self.data)
            self.data, self.capacity = NULL, 0
        return found

    cdef object run(self, size_t begin, size_t end):
        cdef size_t i, count = end - begin
        cdef uint64_t size = 0
        cdef bint in_place = True  # the frames stand back to back as they came
        cdef uint8_t *to
        cdef Row *row
        cdef bytes data
        cdef bytes bounds = PyBytes_FromStringAndSize(NULL, (count + 1) * sizeof(uint64_t))
        cdef bytes offsets = PyBytes_FromStringAndSize(NULL, count * sizeof(uint64_t))
        cdef bytes packets = PyBytes_FromStringAndSize(NULL, count * sizeof(uint64_t))
        cdef bytes times = PyBytes_FromStringAndSize(NULL, count * sizeof(int64_t))
        cdef bytes flows = PyBytes_FromStringAndSize(NULL, count * sizeof(uint32_t))
        for i in range(count):
            in_place = in_place and self.rows[begin + i].start == self.rows[begin].start + size
            memcpy(PyBytes_AS_STRING(bounds) + i * sizeof(uint64_t), &size, sizeof(uint64_t))
            size += self.rows[begin + i].length
        memcpy(PyBytes_AS_STRING(bounds) + count * sizeof(uint64_t), &size, sizeof(uint64_t))
        data = PyBytes_FromStringAndSize(NULL, size)
        to = <uint8_t *> PyBytes_AS_STRING(data)
        if in_place:
            memcpy(to, self.data + self.rows[begin].start, size)
        for i in range(count):
            row = &self.rows[begin + i]
            if not in_place:
                memcpy(to, self.data + row.start, row.length)
                to += row.length
            memcpy(PyBytes_AS_STRING(offsets) + i * sizeof(uint64_t), &row.offset, sizeof(uint64_t))
            memcpy(PyBytes_AS_STRING(packets) + i * sizeof(uint64_t), &row.packet, sizeof(uint64_t))
            memcpy(PyBytes_AS_STRING(times) + i * sizeof(int64_t), &row.time, sizeof(int64_t))
            memcpy(PyBytes_AS_STRING(flows) + i * sizeof(uint32_t), &row.flow, sizeof(uint32_t))
        return Frames(
            data=data, bounds=bounds, offsets=offsets, file=self.file, packets=packets, times=times, flows=flows, flow_table=self.flows
        )
