# Violations. Included by batches.pyx.
