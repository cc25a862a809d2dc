# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Work on batches of frames by the C core: queries, checks, redaction, packets.

Strategy: each step goes over whole frames with the GIL released, looks only at the attributes that it needs, and gives numbers or bytes. A frame
that the C is not sure of is left to the caller's Python step. The parts stand in glue/.
"""

cimport cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython cimport array
from cpython.bytearray cimport PyByteArray_AS_STRING
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memmove, memset

from tlib_codec.native.libcore cimport *
from tlib_codec.native.engine cimport Labels, Names, Tables, Workspace, limits_of, list_view, tables_of, value_at, zeroed

import struct

from tlib_schemas.declare import Composite
from tlib_schemas.kinds import Kind
from tlib_schemas.rules import While
from tlib_schemas.values import RawValue, Unicode

cdef object RAWVALUE = RawValue
cdef object UNICODE = Unicode

include "glue/frames.pxi"
include "glue/origins.pxi"
include "glue/query.pxi"
include "glue/selection.pxi"
include "glue/demands.pxi"
include "glue/check.pxi"
include "glue/redact.pxi"
include "glue/packets_out.pxi"
