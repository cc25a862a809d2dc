# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""The native engine: thin glue between Python and the C core.

Strategy: the core checks a whole frame and indexes it; only then are Python objects made, and they
are written straight into the event's slots. Whatever is out of the ordinary (malformed bytes, a
broken rule, a value of an odd type, a user's own construct) is handed to the reference engine,
which raises or answers as it always does: so the two engines cannot differ in an error's wording,
and a test holds them to the same verdict.

Key-value lists come as views: a `PackedKVList` is a KVList that holds the frame's bytes, and where its
checked list stands in them; look-ups search the bytes. A small list of a large frame has its own copy.
What is decoded from a caller's buffer is copied first, so no buffer of a caller is kept.

It is one module, so that calls inside it stay direct; its text stands in glue/, a part a file.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.dict cimport PyDict_GetItem, PyDict_Next, PyDict_SetItem
from cpython.long cimport PyLong_FromLong, PyLong_FromUnsignedLong, PyLong_FromUnsignedLongLong
from cpython.object cimport Py_EQ, Py_NE
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc
from cpython.ref cimport Py_DECREF, Py_INCREF
from cpython.tuple cimport PyTuple_CheckExact, PyTuple_New, PyTuple_SET_ITEM
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport qsort
from libc.string cimport memcmp, memcpy, memmove, memset

from tlib_codec.native.libcore cimport *

import struct
import weakref
from functools import partial

from tlib_schemas import kinds as value_kinds
from tlib_schemas import wire
from tlib_schemas.declare import Composite
from tlib_schemas.errors import DecodeError, SchemaViolation, Severity, Truncated
from tlib_schemas.events import InvalidEvent, UnknownEvent
from tlib_schemas.limits import DEFAULT_LIMITS
from tlib_schemas.rules import While
from tlib_schemas.tlibrary import TLIBRARY
from tlib_schemas.values import NO_ATTRIBUTES, Attributes, KVList, RawValue, Unicode

from tlib_codec import reference
from tlib_codec.reference import Policy
from tlib_codec.stream import Gap, MalformedFrame

cdef extern from "Python.h":
    object PyLong_FromVoidPtr(void *pointer)
    object PyUnicode_FromOrdinal(int character)
    object PyUnicode_New(Py_ssize_t size, uint32_t maxchar)
    void *PyUnicode_DATA(object text)
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL
    bytes PyUnicode_AsEncodedString(object text, const char *encoding, const char *errors)
    bint PyUnicode_Check(object text)
    bint PyUnicode_CheckExact(object text)
    bint PyLong_Check(object value)
    bint PyLong_CheckExact(object value)
    long long PyLong_AsLongLongAndOverflow(object value, int *overflow) except? -1
    unsigned long long PyLong_AsUnsignedLongLong(object value) except? 0xFFFFFFFFFFFFFFFF
    object PyType_GenericAlloc(PyTypeObject *cls, Py_ssize_t items)
    bint PyType_IS_GC(PyTypeObject *cls)
    object _PyObject_GC_New(PyTypeObject *cls)
    PyObject *PyTuple_GET_ITEM(object things, Py_ssize_t i)
    Py_ssize_t PyTuple_GET_SIZE(object things)
    ctypedef struct PyObject:
        pass
    ctypedef void (*destructor)(PyObject *)
    ctypedef struct PyTypeObject:
        Py_ssize_t tp_basicsize
        destructor tp_dealloc
        void (*tp_free)(void *)
        object (*tp_iter)(object)
        destructor tp_finalize
        PyTypeObject *tp_base
        Py_ssize_t tp_dictoffset
        Py_ssize_t tp_weaklistoffset
    int PyObject_CallFinalizerFromDealloc(PyObject *thing)
    PyTypeObject *Py_TYPE(PyObject *thing)
    void PyObject_GC_UnTrack(PyObject *thing)
    object PyObject_Init(PyObject *thing, PyTypeObject *cls)
    void Py_XDECREF(PyObject *thing)
    PyObject *PyList_GET_ITEM(object things, Py_ssize_t i)
    ctypedef struct PyMemberDef:
        Py_ssize_t offset
    ctypedef struct PyMemberDescrObject:
        PyMemberDef *d_member

include "glue/slots.pxi"
include "glue/kept.pxi"
include "glue/values.pxi"
include "glue/lists.pxi"
include "glue/tables.pxi"
include "glue/workspace.pxi"
include "glue/names.pxi"
include "glue/decode.pxi"
include "glue/encode.pxi"
include "glue/streams.pxi"
include "glue/scan.pxi"
