"""Thefts from a running keep: real processes, real HTTP, the operator's real socket, other people at work meanwhile.

`stage` is the keep with its customers and the clock that all its processes read; `traffic` is what other people do;
`tap` and `frames` are a thief between server and vault; `truth` is what a thief holds, from the bytes that came back,
never from the log; `asking` is the operator who opens an incident, asks for a report and compares. The other modules
are the thefts.
"""
