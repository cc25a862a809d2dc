# Log text to frames. Included by text.pyx.
