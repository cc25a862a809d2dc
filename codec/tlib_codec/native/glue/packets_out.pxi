# Packets that carry frames. Included by batches.pyx.
