# The frame, version 1, for the benchmark. kaitai_frame.py is made from it:
#   kaitai-struct-compiler --target python --outdir benchmarks/peers benchmarks/peers/kaitai_frame.ksy
meta:
  id: kaitai_frame
  title: T-Library frame, version 1
  license: Apache-2.0
  endian: be
  encoding: UTF-8
seq:
  - id: magic
    contents: TL
  - id: version
    contents: [1]
  - id: flags
    contents: [0]
  - id: message
    type: u2
  - id: length
    type: u4
  - id: body
    type: attributes
    size: length
types:
  attributes:
    seq:
      - id: items
        type: attribute
        repeat: eos
  attribute:
    seq:
      - id: id
        type: u2
      - id: type
        type: u1
      - id: length
        type: b24
      - id: value
        size: length
        type:
          switch-on: type
          cases:
            0: text
            1: uint
            3: pairs
            6: long
  text:
    seq:
      - id: value
        type: str
        size-eos: true
  uint:
    seq:
      - id: value
        type: u4
  sint:
    seq:
      - id: value
        type: s4
  long:
    seq:
      - id: value
        type: u8
  nested:
    seq:
      - id: length
        type: u2
      - id: value
        type: pairs
        size: length
  pairs:
    seq:
      - id: count
        type: u2
      - id: items
        type: pair
        repeat: expr
        repeat-expr: count
  pair:
    seq:
      - id: type
        type: u1
      - id: key_length
        type: u2
      - id: value_length
        type: u2
      - id: key
        type: str
        size: key_length
      - id: value
        size: value_length
        type:
          switch-on: type
          cases:
            0: text
            1: sint
            3: nested
            4: text
