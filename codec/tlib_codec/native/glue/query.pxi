# Queries. Included by batches.pyx.
