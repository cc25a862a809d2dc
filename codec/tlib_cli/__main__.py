"""``python -m tlib_codec`` is ``tlib``."""

import sys

from tlib_cli import main

if __name__ == "__main__":
    sys.exit(main())
