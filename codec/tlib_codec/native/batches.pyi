# The signatures of the steps over batches in C.

from tlib_schemas.limits import Limits
from tlib_schemas.registry import Registry

def verdicts(data: bytes, bounds: bytes, registry: Registry, limits: Limits, printed: bool = False) -> bytes: ...
