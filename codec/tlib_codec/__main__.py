"""``python -m tlib_codec`` is ``tlib``."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
