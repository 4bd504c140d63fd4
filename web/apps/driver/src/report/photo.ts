/** Pixels: enough to read a display or see a broken plug. */
const SIDE_MAX = 1600;
const BYTES_MAX = 800_000;
const QUALITIES = [0.82, 0.65, 0.45, 0.3];

/** A photo as small as the server takes it: drawn anew, upright, so that nothing is left of where and with what it was taken.
 * Raises where the file is no picture that this browser knows. */
export async function shrunk(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, SIDE_MAX / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  for (const quality of QUALITIES) {
    const blob = await new Promise<Blob | null>((done) => { canvas.toBlob(done, "image/jpeg", quality); });
    if (blob !== null && blob.size <= BYTES_MAX) return blob;
  }
  throw new Error("The photo stays too large.");
}
