# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Follow calls in runs of frames by the C core, and write the lines of plain ones.

Strategy: numbers and times are followed here in the usual case, the tracker takes every other one. The notes of a plain call are kept here
until it is deleted; the tracker takes them over where the call turns out to be none. The parts stand in glue/.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.datetime cimport (
    PyDateTime_DATE_GET_HOUR, PyDateTime_DATE_GET_MICROSECOND, PyDateTime_DATE_GET_MINUTE, PyDateTime_DATE_GET_SECOND, PyDateTime_GET_DAY,
    PyDateTime_GET_MONTH, PyDateTime_GET_YEAR, datetime_new, import_datetime,
)
from cpython.mem cimport PyMem_Free
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memmove, memset

from tlib_codec.native.libcore cimport *
from tlib_codec.native.engine cimport Labels, Tables, Workspace, limits_of, tables_of, value_at, zeroed

import datetime as dt

from tlib_codec.records import Flow, Origin

import_datetime()

include "glue/frames.pxi"
include "glue/origins.pxi"
include "glue/demands.pxi"
include "glue/words.pxi"
include "glue/json_out.pxi"
include "glue/plain_calls.pxi"
include "glue/calls.pxi"
