"""facekeep's own API under `/v1`: one module a resource, each a thin translation between HTTP and a use-case."""
