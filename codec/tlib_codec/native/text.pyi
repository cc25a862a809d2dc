# The signatures of the text steps in C.
