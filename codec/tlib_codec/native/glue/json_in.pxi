# JSON lines to frames. Included by text.pyx.
