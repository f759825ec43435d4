"""A collection over HTTP that remembers what it acknowledged."""

import json
from dataclasses import dataclass, field

import httpx


@dataclass
class Gallery:
    """A collection over HTTP, and the faces it acknowledged: id → photo."""

    client: httpx.Client
    collection_id: str
    faces: dict[str, bytes] = field(default_factory=dict)

    def enroll(self, *photos: bytes, **facts: str) -> httpx.Response:
        """Enroll photos; notes the faces of those that were taken."""
        answer = self.client.post(
            f"/v1/collections/{self.collection_id}/faces",
            data={"metadata": json.dumps([{"which_face": "largest", **facts} for _ in photos])},
            files=[("photo", ("photo", photo)) for photo in photos],
        )
        if answer.status_code == 200:
            for photo, one in zip(photos, answer.json()["photos"], strict=True):
                self.faces |= {face["face_id"]: photo for face in one["faces"]}
        return answer

    def search(self, photo: bytes, **options: object) -> httpx.Response:
        """Search this collection."""
        query = {"collection_ids": [self.collection_id], **options}
        return self.client.post("/v1/search", data={"query": json.dumps(query)}, files={"photo": ("photo", photo)})

    def list(self) -> httpx.Response:
        """Its faces."""
        return self.client.get(f"/v1/collections/{self.collection_id}/faces", params={"limit": 1000})

    def check_whole(self) -> None:
        """Everything acknowledged is listed, and nothing else; each face is found by its photo."""
        listed = self.list()
        assert listed.status_code == 200, listed.text
        assert {face["face_id"] for face in listed.json()["items"]} == set(self.faces)
        for face, photo in self.faces.items():
            found = self.search(photo, face_index=0)
            assert found.status_code == 200, found.text
            assert face in {one["face_id"] for one in found.json()["candidates"]}
