"""The kit: sends frames to a parser in any language and judges its answers.

Strategy: a *target* (`target`) answers frames with outcomes, whether it is a program on a pipe, a process for each frame, or a
server. `workload` makes cases, `session` sends them, `judge` compares an outcome with the answer of a correct parser.
`findings` keeps new faults, `reduce` makes their frames small, `report` prints them. Only `target` and the modules that it
uses know a process or a socket.
"""
