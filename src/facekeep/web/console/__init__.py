"""The console: pages for people, behind the one door, on the use cases that the API has.

=============  ==========================================================================================
module         what it gives
=============  ==========================================================================================
`cookie`       where a browser keeps its session, and when the door believes it
`policy`       what a browser may do with a page: headers
`rendering`    a page from its template, escaped, in the reader's language
`viewer`       who reads: organization, roles, and the places they may go
`refusals`     errors as pages
`assets`       style and script, from the package alone
=============  ==========================================================================================

Every other module is a screen: it asks `service` and hands what it got to one template of the same name.

Invariants
----------
- A page works without script unless it cannot (passkeys, live search). Scripts are ES modules of this package.
- No page holds a key or a session's token: the cookie is out of reach for scripts.
- What changes something is a POST that says it comes from this console itself.
"""
