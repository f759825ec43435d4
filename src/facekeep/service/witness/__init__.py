"""A witness: remembers the newest checkpoint of each log it knows, and signs only what extends it.

It runs on another machine than the keep, holds none of its secrets, and speaks C2SP tlog-witness, so that it can watch
any such log, and so that any such witness can watch a keep. `submission` is what is sent to it, `state` what it
remembers, `signing` its key, `witness` what it decides, `server` its door.
"""
