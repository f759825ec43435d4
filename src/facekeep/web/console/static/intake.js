/* Where photos come from: dropped, pasted, chosen, or taken with the camera, which runs only while it is asked for. */
import { busy } from "./calls.js";
import { word } from "./words.js";

/** Calls `take(photo)` with each photo that comes. */
export function takeIn(section, take) {
  const drop = section.querySelector("[data-drop]");
  const file = section.querySelector("[data-file]");
  const begin = (photo) => busy(section, null, async () => {
    if (!photo) throw new Error(word("no_photo"));
    await take(photo);
  });
  file.addEventListener("change", () => {
    if (file.files.length) begin(file.files[0]);
    file.value = ""; // so that the same photo can be chosen again
  });
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    begin(event.dataTransfer.files[0]);
  });
  // A file that misses the place would open in the page's stead.
  for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => event.preventDefault());
  document.addEventListener("paste", (event) => {
    const photo = [...event.clipboardData.files].find((one) => one.type.startsWith("image/"));
    if (!photo) return;
    event.preventDefault();
    begin(photo);
  });
  camera(section, begin);
}

function camera(section, begin) {
  const view = section.querySelector("[data-camera-view]");
  const video = view.querySelector("[data-video]");
  const start = section.querySelector("[data-camera]");
  const off = () => {
    for (const track of video.srcObject?.getTracks() ?? []) track.stop();
    video.srcObject = null;
    if (!view.hidden) start.focus();
    view.hidden = true;
  };
  start.addEventListener("click", () => busy(section, start, async () => {
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1920 } } });
    } catch (error) {
      throw new Error(word("no_camera", { why: error.message }));
    }
    await video.play(); // before there is anything to take it with: the first picture has come then
    view.hidden = false;
    view.querySelector("[data-take]").focus();
  }));
  view.querySelector("[data-camera-off]").addEventListener("click", off);
  view.querySelector("[data-take]").addEventListener("click", () => {
    const shot = document.createElement("canvas");
    shot.width = video.videoWidth;
    shot.height = video.videoHeight;
    shot.getContext("2d").drawImage(video, 0, 0);
    off();
    shot.toBlob(begin, "image/jpeg", 0.95);
  });
  addEventListener("pagehide", off);
}
