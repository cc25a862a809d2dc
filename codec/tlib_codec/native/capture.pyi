# The signatures of the lanes in C: those of `formats.captures.lanes`.

from tlib_codec.formats.captures.lanes import Lane as Lane
from tlib_codec.formats.captures.lanes import Lanes as Lanes
from tlib_codec.formats.captures.lanes import Output as Output
