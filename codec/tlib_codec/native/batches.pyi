# The signatures of the steps over batches in C.
