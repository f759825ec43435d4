"""`facekeep doctor`: finds misconfigurations before an intruder does.

`registry.CHECKS` is every check; each is a function from a `Subject` (what is looked at) to problems, with a name, a
severity and what the problem allows. A check that fails is itself a finding: what could not be looked at is not
healthy. Nothing here changes anything; the one trace of a visit is the entry that the vault writes when it is asked.
"""
