# Identifiers and times of calls. Included by batches.pyx.
