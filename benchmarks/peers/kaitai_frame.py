# This is a generated file! Please edit source .ksy file and use kaitai-struct-compiler to rebuild
# type: ignore

import kaitaistruct
from kaitaistruct import KaitaiStruct, KaitaiStream, BytesIO


if getattr(kaitaistruct, 'API_VERSION', (0, 9)) < (0, 11):
    raise Exception("Incompatible Kaitai Struct Python API: 0.11 or later is required, but you have %s" % (kaitaistruct.__version__))

class KaitaiFrame(KaitaiStruct):
    def __init__(self, _io, _parent=None, _root=None):
        super(KaitaiFrame, self).__init__(_io)
        self._parent = _parent
        self._root = _root or self
        self._read()

    def _read(self):
        self.magic = self._io.read_bytes(2)
        if not self.magic == b"\x54\x4C":
            raise kaitaistruct.ValidationNotEqualError(b"\x54\x4C", self.magic, self._io, u"/seq/0")
        self.version = self._io.read_bytes(1)
        if not self.version == b"\x01":
            raise kaitaistruct.ValidationNotEqualError(b"\x01", self.version, self._io, u"/seq/1")
        self.flags = self._io.read_bytes(1)
        if not self.flags == b"\x00":
            raise kaitaistruct.ValidationNotEqualError(b"\x00", self.flags, self._io, u"/seq/2")
        self.message = self._io.read_u2be()
        self.length = self._io.read_u4be()
        self._raw_body = self._io.read_bytes(self.length)
        _io__raw_body = KaitaiStream(BytesIO(self._raw_body))
        self.body = KaitaiFrame.Attributes(_io__raw_body, self, self._root)


    def _fetch_instances(self):
        pass
        self.body._fetch_instances()

    class Attribute(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(KaitaiFrame.Attribute, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.id = self._io.read_u2be()
            self.type = self._io.read_u1()
            self.length = self._io.read_bits_int_be(24)
            _on = self.type
            if _on == 0:
                pass
                self._raw_value = self._io.read_bytes(self.length)
                _io__raw_value = KaitaiStream(BytesIO(self._raw_value))
                self.value = KaitaiFrame.Text(_io__raw_value, self, self._root)
            elif _on == 1:
                pass
                self._raw_value = self._io.read_bytes(self.length)
                _io__raw_value = KaitaiStream(BytesIO(self._raw_value))
                self.value = KaitaiFrame.Uint(_io__raw_value, self, self._root)
            elif _on == 3:
                pass
                self._raw_value = self._io.read_bytes(self.length)
                _io__raw_value = KaitaiStream(BytesIO(self._raw_value))
                self.value = KaitaiFrame.Pairs(_io__raw_value, self, self._root)
            elif _on == 6:
                pass
                self._raw_value = self._io.read_bytes(self.length)
                _io__raw_value = KaitaiStream(BytesIO(self._raw_value))
                self.value = KaitaiFrame.Long(_io__raw_value, self, self._root)
            else:
                pass
                self.value = self._io.read_bytes(self.length)


        def _fetch_instances(self):
            pass
            _on = self.type
            if _on == 0:
                pass
                self.value._fetch_instances()
            elif _on == 1:
                pass
                self.value._fetch_instances()
            elif _on == 3:
                pass
                self.value._fetch_instances()
            elif _on == 6:
                pass
                self.value._fetch_instances()
            else:
                pass


    class Attributes(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(KaitaiFrame.Attributes, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.items = []
            i = 0
            while not self._io.is_eof():
                self.items.append(KaitaiFrame.Attribute(self._io, self, self._root))
                i += 1



        def _fetch_instances(self):
            pass
            for i in range(len(self.items)):
                pass
                self.items[i]._fetch_instances()



    class Long(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(KaitaiFrame.Long, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.value = self._io.read_u8be()


        def _fetch_instances(self):
            pass


    class Nested(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(KaitaiFrame.Nested, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.length = self._io.read_u2be()
            self._raw_value = self._io.read_bytes(self.length)
            _io__raw_value = KaitaiStream(BytesIO(self._raw_value))
            self.value = KaitaiFrame.Pairs(_io__raw_value, self, self._root)


        def _fetch_instances(self):
            pass
            self.value._fetch_instances()


    class Pair(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(KaitaiFrame.Pair, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.type = self._io.read_u1()
            self.key_length = self._io.read_u2be()
            self.value_length = self._io.read_u2be()
            self.key = (self._io.read_bytes(self.key_length)).decode(u"UTF-8")
            _on = self.type
            if _on == 0:
                pass
                self._raw_value = self._io.read_bytes(self.value_length)
                _io__raw_value = KaitaiStream(BytesIO(self._raw_value))
                self.value = KaitaiFrame.Text(_io__raw_value, self, self._root)
            elif _on == 1:
                pass
                self._raw_value = self._io.read_bytes(self.value_length)
                _io__raw_value = KaitaiStream(BytesIO(self._raw_value))
                self.value = KaitaiFrame.Sint(_io__raw_value, self, self._root)
            elif _on == 3:
                pass
                self._raw_value = self._io.read_bytes(self.value_length)
                _io__raw_value = KaitaiStream(BytesIO(self._raw_value))
                self.value = KaitaiFrame.Nested(_io__raw_value, self, self._root)
            elif _on == 4:
                pass
                self._raw_value = self._io.read_bytes(self.value_length)
                _io__raw_value = KaitaiStream(BytesIO(self._raw_value))
                self.value = KaitaiFrame.Text(_io__raw_value, self, self._root)
            else:
                pass
                self.value = self._io.read_bytes(self.value_length)


        def _fetch_instances(self):
            pass
            _on = self.type
            if _on == 0:
                pass
                self.value._fetch_instances()
            elif _on == 1:
                pass
                self.value._fetch_instances()
            elif _on == 3:
                pass
                self.value._fetch_instances()
            elif _on == 4:
                pass
                self.value._fetch_instances()
            else:
                pass


    class Pairs(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(KaitaiFrame.Pairs, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.count = self._io.read_u2be()
            self.items = []
            for i in range(self.count):
                self.items.append(KaitaiFrame.Pair(self._io, self, self._root))



        def _fetch_instances(self):
            pass
            for i in range(len(self.items)):
                pass
                self.items[i]._fetch_instances()



    class Sint(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(KaitaiFrame.Sint, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.value = self._io.read_s4be()


        def _fetch_instances(self):
            pass


    class Text(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(KaitaiFrame.Text, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.value = (self._io.read_bytes_full()).decode(u"UTF-8")


        def _fetch_instances(self):
            pass


    class Uint(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(KaitaiFrame.Uint, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.value = self._io.read_u4be()


        def _fetch_instances(self):
            pass



