# Pseudonyms. Included by batches.pyx.
