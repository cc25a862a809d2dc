# The signatures of the steps over batches in C.

from tlib_schemas.limits import Limits
from tlib_schemas.registry import Registry

def verdicts(data: bytes, bounds: bytes, registry: Registry, limits: Limits, printed: bool = False) -> bytes: ...

class FrameChecker:
    def __init__(self, registry: Registry, limits: Limits, /) -> None: ...
    def check(self, data: bytes, bounds: bytes, printed: bool = False) -> tuple[list[tuple[int, int, int]], bytes]: ...
