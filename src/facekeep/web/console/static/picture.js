/* Photos in the browser: upright as the keep sees them, and cut out as it cuts out enrolled faces. */

const MOST_PX = 2000;
const MARGIN = 0.35; // of the larger side of the box, on each side: as enrolled faces are cut out
const SIDE_PX = 512;

/** The photo on a canvas of that size or in proportion, turned clockwise by quarters; null where it cannot be shown. */
export async function upright(photo, { width, height }, degrees = 0) {
  const bitmap = await createImageBitmap(photo, { imageOrientation: "from-image" }).catch(() => null);
  if (bitmap === null) return null;
  const scale = Math.min(1, MOST_PX / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const [across, down] = degrees % 180 ? [canvas.height, canvas.width] : [canvas.width, canvas.height];
  const drawing = canvas.getContext("2d");
  drawing.translate(canvas.width / 2, canvas.height / 2);
  drawing.rotate((degrees * Math.PI) / 180);
  drawing.drawImage(bitmap, -across / 2, -down / 2, across, down);
  bitmap.close();
  return canvas;
}

/** By how much the keep turned a photo that lay on its side; it says so in its advice alone. */
export function turned(advice) {
  const said = advice.map((one) => /turned clockwise by (90|180|270) degrees/.exec(one)).find(Boolean);
  return said ? Number(said[1]) : 0;
}

/** The square around a box: where it begins and its side, in pixels of the photo. */
export function squareAround(box, { width, height }) {
  const side = Math.max(1, Math.min(Math.max(box.width, box.height) * (1 + 2 * MARGIN), Math.max(width, height)));
  const inside = (center, limit) =>
    side <= limit ? Math.min(Math.max(center - side / 2, 0), limit - side) : (limit - side) / 2;
  return { left: inside(box.left + box.width / 2, width), top: inside(box.top + box.height / 2, height), side };
}

/** That square of a picture, on a canvas of its own. */
export function cutOut(picture, square, size) {
  const scale = picture.width / size.width;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE_PX;
  const { left, top, side } = square;
  canvas.getContext("2d").drawImage(
    picture, left * scale, top * scale, side * scale, side * scale, 0, 0, SIDE_PX, SIDE_PX,
  );
  return canvas;
}
