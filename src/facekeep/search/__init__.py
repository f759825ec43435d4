"""Search nodes: they scan sealed blocks with a probe and answer exact sums, which only the vault can read.

This room is untrusted. It sees probes in clear as they pass, holds no key, and can import no code that opens anything.
"""
