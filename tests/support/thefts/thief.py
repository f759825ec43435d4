"""A thief with something in hand: every request goes out for real, and what came back is what they hold."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from thefts.customers import Customer
from thefts.stage import Stage
from thefts.truth import Truth, of_http


@dataclass
class HttpThief:
    """Somebody with a credential that is another's: a key, or a session's token."""

    stage: Stage
    victim: Customer
    credential: str
    truth: Truth = field(default_factory=Truth)
    refused: list[str] = field(default_factory=list)

    def take(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request, and what its answer shows."""
        collections = (more.get("json") or {}).get("collection_ids") or [self.victim.collection]
        with self.victim.client(self.credential) as client:
            answer = client.request(method, path, **more)
        return self._taken(path, answer, collections)

    def get(self, path: str) -> httpx.Response:
        return self.take("GET", path)

    def search(self, photo: bytes, *collections: str) -> httpx.Response:
        """A search with a photo of the thief's own."""
        asked = list(collections) or [self.victim.collection]
        query = json.dumps({"collection_ids": asked, "face_index": 0})
        with self.victim.client(self.credential) as client:
            answer = client.post("/v1/search", files={"photo": photo}, data={"query": query})
        return self._taken("/v1/search", answer, asked)

    def _taken(self, path: str, answer: httpx.Response, collections: list[str]) -> httpx.Response:
        if answer.status_code >= 400:
            self.refused.append(str(answer.json().get("code")))
        self.truth.add(self.victim.organization_id, self.stage.clock.minute, of_http(path, answer, collections))
        return answer
