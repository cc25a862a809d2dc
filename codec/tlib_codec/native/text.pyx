# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Text by the C core: logs to frames, frames to JSON lines, JSON lines to frames.

Strategy: each step takes bytes and gives bytes with the GIL released, and stops at a unit (a message, a frame, a line) that the C is not
sure of: the caller's Python step takes that unit, and the C goes on behind it. The parts stand in glue/.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy, memmove, memset

from tlib_codec.native.libcore cimport *
from tlib_codec.native.engine cimport Labels, Names, Tables, Workspace, limits_of, tables_of, zeroed

include "glue/frames.pxi"
include "glue/origins.pxi"
include "glue/log_in.pxi"
include "glue/demands.pxi"
include "glue/words.pxi"
include "glue/json_out.pxi"
include "glue/csv_out.pxi"
include "glue/json_in.pxi"
include "glue/lines.pxi"
