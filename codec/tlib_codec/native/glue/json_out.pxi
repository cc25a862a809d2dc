# Frames to JSON lines and CSV rows. Included by text.pyx.
