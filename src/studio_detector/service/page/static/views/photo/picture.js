/** The picture of a photo: the file that this page still has, or what is left of it. */

import { ApiError, checkReadable } from "../../http.js";

/**
 * @typedef {Object} Picture
 * @property {"whole"|"small"|"none"} kind The file itself; a thumbnail; nothing to look at.
 * @property {string|null} url For an <img>.
 * @property {number} width px; 0 without a picture.
 * @property {number} height
 * @property {"gone"|"moved"|"format"|null} why Why it is not whole: the page never had the file,
 *   the file is not where it was, or this browser does not show the format.
 */

/**
 * Find the best picture that there is.
 *
 * @param {import("../../library.js").Item} item
 * @param {import("../../main.js").Context} context
 * @param {AbortSignal} signal Ends the address of the file, too.
 * @returns {Promise<Picture>}
 */
export async function findPicture(item, { thumbnails }, signal) {
  const file = fileOf(item);
  let why = "gone";
  if (file) {
    const url = URL.createObjectURL(file);
    signal.addEventListener("abort", () => URL.revokeObjectURL(url), { once: true });
    const size = await sizeOf(url);
    if (size) return { kind: "whole", url, ...size, why: null };
    why = (await isReadable(file)) ? "format" : "moved";
  }
  const url = await thumbnails.of(item);
  const size = url && (await sizeOf(url));
  return size
    ? { kind: "small", url, ...size, why }
    : { kind: "none", url: null, width: 0, height: 0, why };
}

/** @param {import("../../library.js").Item} item @returns {Blob|null} The photo, while this page has it. */
export const fileOf = (item) => (item.kind !== "archive" && item.file) || null;

/**
 * Give the page the file of a photo again that it lost.
 *
 * Where the page is not served safely, the browser makes no hashes; the service looks at the file
 * once something is to be drawn on it.
 *
 * @param {import("../../library.js").Item} item
 * @param {Blob[]} files
 * @param {import("../../library.js").Library} library
 * @returns {Promise<Blob|null>} The one that is the photo; null where none is.
 */
export async function giveBack(item, files, library) {
  for (const file of files) {
    const isSame = await isPictureOf(item, file);
    if (isSame === false) continue;
    const known = { kind: "file", name: item.name || file.name || "", size: file.size };
    // What may be another photo is neither named nor remembered.
    library.change(item, { file, ...(isSame ? known : {}) });
    return file;
  }
  return null;
}

/** @returns {Promise<boolean|null>} Null where it cannot be told. */
async function isPictureOf(item, file) {
  if (!crypto.subtle) return null;
  try {
    const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    const hash = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0"));
    return hash.join("") === item.result.image_hash;
  } catch (error) {
    // It went away between being dropped and being read.
    if (error instanceof DOMException) return false;
    throw error;
  }
}

async function isReadable(file) {
  try {
    await checkReadable(file);
    return true;
  } catch (error) {
    if (error instanceof ApiError) return false;
    throw error;
  }
}

async function sizeOf(url) {
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
  } catch {
    return null;
  }
  return { width: image.naturalWidth, height: image.naturalHeight };
}
