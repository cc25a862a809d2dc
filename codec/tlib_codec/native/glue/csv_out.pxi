# Frames to rows of CSV. Included by text.pyx.

cdef extern from "csv_out.h" nogil:
    enum:
        TLIB_CSV_FILE
        TLIB_CSV_LINE
        TLIB_CSV_PACKET
        TLIB_CSV_TIME
        TLIB_CSV_LOCAL_TIME
        TLIB_CSV_TIME_OF_DAY
        TLIB_CSV_FLOW
        TLIB_CSV_TEXT
        TLIB_CSV_UNNUMBERED

    ctypedef struct tlib_csv_attribute:
        const tlib_labels *labels
        const tlib_text *names
        uint32_t cell
        uint8_t kind

    ctypedef struct tlib_csv:
        tlib_json *json
        const tlib_csv_attribute *attributes
        const tlib_labels *messages
        const tlib_text *heads
        size_t widest
        uint32_t frame
        uint32_t cells
        const uint8_t *origins
        uint32_t origin_count
        uint32_t no_flow
        int guard
        tlib_buffer json_text

    int tlib_csv_rows(tlib_csv *csv, const tlib_frames *frames, const tlib_origins *origins, uint64_t *place, tlib_buffer *out, size_t enough)

cdef dict ORIGIN_CELLS = {
    "file": TLIB_CSV_FILE,
    "line": TLIB_CSV_LINE,
    "packet": TLIB_CSV_PACKET,
    "time": TLIB_CSV_TIME,
    "local_time": TLIB_CSV_LOCAL_TIME,
    "time_of_day": TLIB_CSV_TIME_OF_DAY,
    "text": TLIB_CSV_TEXT,
    "unnumbered": TLIB_CSV_UNNUMBERED,
}


cdef class CsvRows:
    """The columns of a registry as the core writes them in CSV.

    `layout` are the columns of frames, `origins` the fields of an origin that have one; those of a flow stand together. `quote` makes a cell
    of a name; `guard` has the core guard the cells of texts, as `formats.csv_text` does.
    """

    cdef JsonWriter lines
    cdef tlib_csv core
    cdef bytes origins

    def __cinit__(self, registry, layout, origins, quote, bint guard):
        cdef tlib_csv_attribute *attributes
        cdef JsonWriter lines = JsonWriter(registry)
        self.lines = lines
        attributes = <tlib_csv_attribute *> lines.block(len(registry.dictionary) + 1, sizeof(tlib_csv_attribute))
        self.core.attributes = attributes
        for cell, column in enumerate(layout, 1):
            labels = None
            if column.labels is not None:
                labels = {number: quote(name).encode("utf-8", "replace") for number, name in column.labels}
            if column.id is not None:
                dense = lines.tables.tables.dense[<int> column.id]
                attributes[<int> dense].cell = cell
                attributes[<int> dense].kind = lines.core.attributes[<int> dense].kind
                if labels is not None:
                    lines.labels(labels, &attributes[<int> dense].labels, &attributes[<int> dense].names)
            elif labels is not None:
                lines.labels(labels, &self.core.messages, &self.core.heads)
        self.core.frame = self.core.cells = len(layout)
        in_flow = [name for name in origins if name not in ORIGIN_CELLS]
        self.origins = bytes(ORIGIN_CELLS.get(name, TLIB_CSV_FLOW) for name in origins if name not in in_flow[1:])
        self.core.origins = <const uint8_t *> PyBytes_AS_STRING(self.origins)
        self.core.origin_count = <uint32_t> len(self.origins)
        self.core.no_flow = max(0, len(in_flow) - 1)
        self.core.guard = guard
        self.core.widest = lines.core.widest

    def write(self, frames, limits, bytes file not None, list flows not None, Words words=None):
        """Return a run: an iterator of the rows of `frames` in pieces, and between them the place of each frame whose row only the caller can write.

        `file` is the cell of the file, and `flows` the cells of each flow with commas between them. `words` give the cells of the error of
        invalid frames; None leaves them to the caller.
        """
        return RowRun(self.lines, frames, limits, file, flows, words, self)


cdef class RowRun(LineRun):
    """One run over frames, which writes a row for each."""

    cdef CsvRows rows
    cdef tlib_csv csv

    def __cinit__(self, JsonWriter lines, frames, limits, bytes file, list flows, Words words, CsvRows rows):
        self.rows = rows
        self.csv = rows.core
        self.csv.json = &self.core

    def __dealloc__(self):
        tlib_release(&self.csv.json_text)

    cdef int step(self) noexcept nogil:
        return tlib_csv_rows(&self.csv, &self.frames.core, &self.origins, &self.place, &self.out, ENOUGH)
