# The registry as tables that the core can follow, made once for each registry. Included by engine.pyx.

cdef class Entry:
    """One attribute of the dictionary."""

    cdef Kind kind
    cdef uint8_t wire_type
    cdef str name
    cdef object value        # its construct
    cdef object enumeration
    cdef list members        # by number, for the small ones; None where there is none
    cdef dict others         # the rest, by number

    def __cinit__(self, attribute):
        value = attribute.value
        self.name = attribute.name
        self.value = value
        kinds = {
            value_kinds.Kind.TEXT: STRING,
            value_kinds.Kind.UINT: UINT,
            value_kinds.Kind.SINT: SINT,
            value_kinds.Kind.BINARY: BINARY,
            value_kinds.Kind.LIST: LIST,
            value_kinds.Kind.LONG: LONG,
            value_kinds.Kind.HEX: CONN_ID,
        }
        if value is None:
            self.kind = RAW
            self.wire_type = TLIB_UNKNOWN_TYPE
            return
        self.wire_type = value.wire_type
        if not value.standard:
            self.kind = CALLERS
        elif value.kind is value_kinds.Kind.ENUM:
            self.kind = SIGNED_ENUM if value.signed else ENUM
            self.enumeration = value.enumeration
            self.others = {int(member): member for member in value.enumeration}
            self.members = [self.others.get(number) for number in range(256)]
        else:
            self.kind = kinds[value.kind]


cdef inline object enumerated(Entry entry, int64_t number):
    cdef PyObject *found
    if 0 <= number < 256:
        found = PyList_GET_ITEM(entry.members, number)
        if found != <PyObject *> None:
            return <object> found
    found = PyDict_GetItem(entry.others, number)
    if found != NULL:
        return <object> found
    return entry.enumeration(number)


cdef inline object value_of(Tables tables, int kind, bytes frame, const uint8_t *data, const tlib_attribute *attribute):
    """The Python value of an indexed attribute; `kind` is the dictionary's."""
    cdef const uint8_t *at = data + attribute.offset
    if kind == STRING:
        return text(at, attribute.length)
    if kind == CONN_ID:
        return conn_id(at)
    if kind == LIST:
        return view_of(frame, attribute.offset, attribute.length)
    if kind == ENUM:
        return enumerated(<Entry> PyList_GET_ITEM(tables.entries, attribute.dense), tlib_u32(at))
    if kind == UINT:
        return PyLong_FromUnsignedLong(tlib_u32(at))
    if kind == LONG:
        return PyLong_FromUnsignedLongLong(tlib_u64(at))
    if kind == SINT:
        return PyLong_FromLong(<int32_t> tlib_u32(at))
    if kind == BINARY:
        return PyBytes_FromStringAndSize(<const char *> at, attribute.length)
    if kind == SIGNED_ENUM:
        return enumerated(<Entry> PyList_GET_ITEM(tables.entries, attribute.dense), <int32_t> tlib_u32(at))
    if attribute.length == 0:
        return EMPTY_RAW[attribute.type]
    return RAWVALUE(attribute.type, PyBytes_FromStringAndSize(<const char *> at, attribute.length))


cdef object value_at(Tables tables, const uint8_t *data, const tlib_attribute *attribute):
    """Return the Python value of an indexed attribute of a frame that does not stand in a bytes object of its own: a list gets its bytes."""
    cdef int kind = tables.kinds[attribute.dense]
    if kind == LIST:
        return view_of(PyBytes_FromStringAndSize(<const char *> data + attribute.offset, attribute.length), 0, attribute.length)
    return value_of(tables, kind, b"", data, attribute)


cdef struct Place:
    # where a listed attribute goes: a slot of the event, or one of a composite in that slot
    Py_ssize_t offset
    Py_ssize_t part
    int composite  # number of the composite, -1 for a plain field
    int kind


cdef struct Step:
    # one attribute to write, in ascending order of id
    uint16_t id
    Py_ssize_t part  # -1 for a plain field
    PyObject *entry
    PyObject *composite
    uint32_t required


cdef class Layout:
    """One event class: where its attributes go, and in what order they are written."""

    cdef object cls
    cdef int number            # of its schema in the tables
    cdef uint16_t message
    cdef bint exact            # nothing in the class needs the reference engine
    cdef Place *places         # by slot of the schema
    cdef Step *steps
    cdef uint32_t *offsets     # of the steps, apart from them: most fields of most events are None
    cdef int step_count
    cdef Py_ssize_t *fields    # offset of every field but `extra`
    cdef int field_count
    cdef Py_ssize_t extra
    cdef list composites       # CompositeSlots
    cdef int composite_count
    cdef char *template        # the memory of a new event: every field None, `extra` empty
    cdef bint quick            # `free_event` frees its instances
    cdef bytes suffix          # of the schema's circumstance, which points into it

    def __dealloc__(self):
        PyMem_Free(self.template)
        PyMem_Free(self.places)
        PyMem_Free(self.steps)
        PyMem_Free(self.offsets)
        PyMem_Free(self.fields)


cdef class CompositeSlots:
    cdef object cls
    cdef Py_ssize_t offset       # of the composite in the event
    cdef list all, needed        # offsets inside the composite


cdef str nameless(uint16_t number):
    """Return the name of an id that nobody declared."""
    cdef PyObject **place = &kept.names[number % KEPT_NAMES]
    cdef PyObject *before = place[0]
    if before != NULL and kept.named[number % KEPT_NAMES] == number:
        return <str> <object> before
    made = f"#{number}"
    Py_INCREF(made)
    place[0] = <PyObject *> made
    kept.named[number % KEPT_NAMES] = number
    Py_XDECREF(before)
    return made


cdef void *zeroed(size_t count, size_t size) except NULL:
    cdef void *made = PyMem_Malloc((count or 1) * size)
    if made == NULL:
        raise MemoryError
    memset(made, 0, (count or 1) * size)
    return made


cdef class Tables:
    """A registry as the C core reads it."""

    def __cinit__(self, registry, reference_to):
        cdef uint8_t *declared
        cdef Entry entry
        self.registry = reference_to
        self.ids = registry._ids
        self.entries = [None]
        self.kinds = <uint8_t *> zeroed(len(registry.dictionary) + 1, 1)
        self.kinds[0] = RAW
        self.layouts = []
        self.by_class = {}
        self.tables = <tlib_tables *> zeroed(1, SIZEOF_TABLES)
        declared = <uint8_t *> zeroed(len(registry.dictionary) + 1, 1)
        declared[0] = TLIB_UNKNOWN_TYPE
        self.tables.declared = declared
        for number, attribute in registry.dictionary.items():
            entry = Entry(attribute)
            self.kinds[<int> len(self.entries)] = entry.kind
            self.entries.append(entry)
            self.tables.dense[<int> number] = len(self.entries) - 1
            # A type number above 0x7E has no place beside the flag: 0x7E never matches then, and the reference engine judges.
            declared[len(self.entries) - 1] = TLIB_CALLERS_VALUE | min(entry.wire_type, 0x7E) if entry.kind == CALLERS else entry.wire_type
        schemas = list(registry.tables)
        rules = [rule for schema in schemas for rule in self.rules_of(schema)]
        self.values = <uint64_t *> zeroed(sum(len(rule.values) for rule in rules), sizeof(uint64_t))
        self.tables.values = self.values
        self.schemas = <tlib_schema *> zeroed(len(schemas), sizeof(tlib_schema))
        self.tables.schemas = self.schemas
        self.widest = 1
        cdef uint32_t used = 0
        for number, schema in enumerate(schemas):
            used = self.add_schema(number, schema, used)
            if self.tables.schema[<int> schema.message]:
                self.schemas[number - 1].next = number + 1  # the tables of a message stand together
            else:
                self.tables.schema[<int> schema.message] = number + 1

    def __dealloc__(self):
        cdef Py_ssize_t i
        if self.schemas != NULL:
            for i in range(len(self.layouts)):
                PyMem_Free(<void *> self.schemas[i].slot)
                PyMem_Free(<void *> self.schemas[i].required)
                PyMem_Free(<void *> self.schemas[i].rules)
        PyMem_Free(self.schemas)
        PyMem_Free(self.values)
        PyMem_Free(self.kinds)
        if self.tables != NULL:
            PyMem_Free(<void *> self.tables.declared)
        PyMem_Free(self.tables)

    @staticmethod
    def rules_of(schema):
        """The rules that the core can evaluate: plain fields, a number (or nothing) to compare."""
        return [rule for rule in schema.rules if rule.severity is Severity.ERROR and Tables.core_rule(schema, rule)]

    @staticmethod
    def core_rule(schema, rule):
        fields = [schema.by_name[name] for name in (rule.field, rule.other) if name]
        if rule.also or any(field.composite is not None for field in fields):
            return False
        if rule.test is While.ALWAYS or not rule.other:
            return rule.test is While.ALWAYS
        value = fields[1].attributes[0][1].value
        return rule.test is While.ABSENT or type(value) in NUMBERS

    cdef uint32_t add_schema(self, int number, object schema, uint32_t used) except? 0xFFFFFFFF:
        """Fill schema `number`; `used` values of rules are taken. Returns how many are then."""
        cdef tlib_schema *made = &self.schemas[number]
        cdef uint16_t *slots = <uint16_t *> zeroed(len(self.entries), sizeof(uint16_t))
        made.slot = slots
        cdef uint32_t count = len(schema.listed)
        cdef uint8_t *required = <uint8_t *> zeroed(count + 1, 1)
        made.required = required
        made.slot_count = count
        cdef Layout layout = Layout()
        self.layouts.append(layout)
        self.by_class[schema.cls] = layout
        layout.cls = schema.cls
        layout.number = number
        layout.message = schema.message
        # A construction of the user's own, or a place where a cycle can hang: the class makes its own instances.
        layout.exact = not hasattr(schema.cls, "__post_init__") and not schema.cls.__dictoffset__
        made.own = hasattr(schema.cls, "__post_init__")
        layout.composites = []
        layout.places = <Place *> zeroed(count + 1, sizeof(Place))
        layout.steps = <Step *> zeroed(count, sizeof(Step))
        layout.offsets = <uint32_t *> zeroed(count, sizeof(uint32_t))
        layout.fields = <Py_ssize_t *> zeroed(len(schema.fields), sizeof(Py_ssize_t))
        layout.extra = slot_of(schema.cls, "extra")
        layout.template = <char *> zeroed(1, (<PyTypeObject *> schema.cls).tp_basicsize)
        (<PyObject **> (layout.template + layout.extra - sizeof(PyObject)))[0] = <PyObject *> NONE_EXTRA
        place_of = {}
        steps = []
        cdef CompositeSlots composite
        cdef Py_ssize_t offset
        for field in schema.fields:
            offset = slot_of(schema.cls, field.name)
            layout.fields[layout.field_count] = offset
            (<PyObject **> (layout.template + offset - sizeof(PyObject)))[0] = <PyObject *> None
            layout.field_count += 1
            composite = None
            if field.composite is not None:
                composite = CompositeSlots()
                composite.cls = field.composite
                composite.offset = offset
                composite.all = [slot_of(field.composite, name) for name, _ in field.attributes]
                composite.needed = [slot_of(field.composite, name) for name, a in field.attributes if a.id in field.needed]
                if field.composite.__post_init__ is not Composite.__post_init__ or field.composite.__dictoffset__:
                    layout.exact = False
                    made.own = True
                layout.composites.append(composite)
                layout.composite_count += 1
                if field.mandatory and not field.needed:
                    made.beyond = True
            for name, attribute in field.attributes:
                index = len(place_of) + 1
                place_of[attribute.id] = index
                slots[self.tables.dense[<int> attribute.id]] = index
                layout.places[<int> index].offset = offset
                layout.places[<int> index].composite = len(layout.composites) - 1 if composite is not None else -1
                layout.places[<int> index].part = slot_of(field.composite, name) if composite is not None else -1
                layout.places[<int> index].kind = self.kinds[self.tables.dense[<int> attribute.id]]
                if field.mandatory and (composite is None or attribute.id in field.needed):
                    required[<int> index] = TLIB_CLIENTS if attribute.client_side else TLIB_REQUIRED
                    made.required_count += 1
                    made.client_count += attribute.client_side
                steps.append((attribute.id, index))
        for attribute_id, index in sorted(steps):
            entry = self.entries[self.tables.dense[<int> attribute_id]]
            layout.steps[layout.step_count].id = attribute_id
            layout.offsets[layout.step_count] = <uint32_t> layout.places[<int> index].offset
            layout.steps[layout.step_count].part = layout.places[<int> index].part
            layout.steps[layout.step_count].entry = <PyObject *> entry
            layout.steps[layout.step_count].required = required[<int> index] != 0
            if layout.places[<int> index].composite >= 0:
                composite = layout.composites[layout.places[<int> index].composite]
                layout.steps[layout.step_count].composite = <PyObject *> composite.cls
            layout.step_count += 1
        layout.quick = freed_quickly(schema.cls, layout.field_count)
        if schema.when is not None:
            layout.suffix = schema.when.suffix.encode("utf-8", "surrogateescape")
            made.when = TLIB_ENDS_IN if schema.when.ends else TLIB_ENDS_OTHERWISE
            made.subject = self.tables.dense[<int> schema.by_name[schema.when.field].ids[0]]
            made.suffix = PyBytes_AS_STRING(layout.suffix)
            made.suffix_length = <uint32_t> len(layout.suffix)
        rules = self.rules_of(schema)
        if len(rules) != sum(1 for rule in schema.rules if rule.severity is Severity.ERROR):
            made.beyond = True
        cdef tlib_rule *array = <tlib_rule *> zeroed(len(rules), sizeof(tlib_rule))
        made.rules = array
        tests = {While.ALWAYS: TLIB_ALWAYS, While.IN: TLIB_IN, While.NOT_IN: TLIB_NOT_IN, While.ABSENT: TLIB_ABSENT}
        for rule in rules:
            array[made.rule_count].field = place_of[schema.by_name[rule.field].ids[0]]
            array[made.rule_count].present = rule.present
            array[made.rule_count].test = tests[rule.test]
            array[made.rule_count].first_value = used
            if rule.other:
                other = schema.by_name[rule.other].attributes[0][1]
                array[made.rule_count].other = place_of[other.id]
                if type(other.value) in NUMBERS:
                    for value in rule.values:
                        try:
                            packed = other.value.field.pack(value)
                        except struct.error:
                            continue  # the field never holds it
                        self.values[used] = int.from_bytes(packed, "big")
                        used += 1
            array[made.rule_count].value_count = used - array[made.rule_count].first_value
            made.rule_count += 1
        if count + 1 > self.widest:
            self.widest = count + 1
        return used

    cdef str name_of(self, uint16_t number):
        cdef uint16_t dense = self.tables.dense[number]
        return nameless(number) if dense == 0 else (<Entry> self.entries[dense]).name


cdef extern from *:
    """
    #define SIZEOF_TABLES sizeof(tlib_tables)
    #define SIZEOF_WORKSPACE sizeof(tlib_workspace)
    """
    size_t SIZEOF_TABLES
    size_t SIZEOF_WORKSPACE

# Tables by the address of their registry. They refer to it weakly, and go when it does.
cdef dict COMPILED = {}


cdef Tables tables_of(object registry):
    """Return the tables of a registry, which are made when it is first used."""
    if <void *> registry == kept.registry:
        return <Tables> kept.tables
    address = PyLong_FromVoidPtr(<void *> registry)
    made = <Tables> COMPILED.get(address)
    if made is None:
        made = COMPILED[address] = Tables(registry, weakref.ref(registry, partial(forget, address)))
    kept.registry, kept.tables = <void *> registry, <void *> made
    return made


def forget(address, reference_to):
    """Drop the tables of a registry that is gone."""
    kept.registry = NULL
    del COMPILED[address]


cdef tlib_limits limits_of(object limits) except *:
    cdef tlib_limits made
    made.frame_body = limits.frame_body
    made.list_depth = limits.list_depth
    made.list_pairs = limits.list_pairs
    return made


cdef tlib_limits DEFAULT = limits_of(DEFAULT_LIMITS)
