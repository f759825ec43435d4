/* Eyes, nose and mouth corners as the detector sees them, marked on pictures of faces. */
import { call } from "./calls.js";

/** Where they lie on a picture, as shares of its sides; null where no face is found on it. */
export async function landmarksOf(address) {
  const form = new FormData();
  form.append("photo", await (await fetch(address, { credentials: "same-origin" })).blob());
  const { width, height, faces } = await call("POST", "/v1/detect", form);
  return faces.length ? faces[0].landmarks.map(([x, y]) => [x / width, y / height]) : null;
}

/** Mark points, given as shares of its sides, on a layer. */
export function mark(layer, points) {
  for (const [x, y] of points) {
    const point = document.createElement("span");
    point.className = "point";
    point.style.left = `${100 * x}%`;
    point.style.top = `${100 * y}%`;
    layer.append(point);
  }
}
