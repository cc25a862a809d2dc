"""The kit: frames sent to somebody else's parser, and its answers judged.

Strategy: a *target* (`target`) answers frames with outcomes, whatever it is: a program on a pipe, a
process a frame, a server. `judge` holds an outcome against what a case says a right parser does.
`plan` makes cases, `session` sends them and has the answers judged; `findings` keeps what is new, `reduce` makes it small, and
`report` tells it. Only `target` and what it uses know a process or a socket.
"""
