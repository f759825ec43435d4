/* One lead: keys, and the photo of the probe from the reviewer's own file, which is sent nowhere. */
import { Compare, isWriting, pressed, sendsWithKeys } from "./compare.js";
import { busy } from "./calls.js";
import { word } from "./words.js";

const around = document.querySelector("[data-lead]");
const compare = new Compare(around.querySelector("[data-compare]"));
const own = around.querySelector("[data-own]");

own.addEventListener("change", () => busy(own.closest("section"), null, async () => {
  const bitmap = await createImageBitmap(own.files[0], { imageOrientation: "from-image" }).catch(() => null);
  if (bitmap === null) throw new Error(word("unseen"));
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", word("probe"));
  compare.put("probe", canvas);
}));

around.addEventListener("keydown", (event) => {
  if (!isWriting(event) && pressed(event, around, compare)) event.preventDefault();
});
for (const form of around.querySelectorAll("[data-decide]")) sendsWithKeys(form);
around.focus({ preventScroll: true });
