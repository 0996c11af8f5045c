/** What is looked at before anything is sent. */

import { mayBePicture } from "./files.js";
import { ApiError } from "./http.js";

/**
 * Why a file is not taken in at all.
 *
 * @param {import("./library.js").Item} item
 * @param {import("./main.js").Settings} settings
 * @returns {{code: string, detail: string}|null}
 */
export function refusal(item, settings) {
  if (!item.file) return null;
  if (item.file.size === 0) return { code: "empty", detail: "" };
  const most =
    item.kind === "archive" ? settings.max_batch_upload_bytes : settings.max_upload_bytes;
  return item.file.size > most ? { code: "limit_file_size", detail: "" } : null;
}

/**
 * What is surely no picture is not sent.
 *
 * @param {Blob} file
 * @throws {ApiError}
 */
export async function checkPicture(file) {
  let isPicture;
  try {
    isPicture = await mayBePicture(file);
  } catch {
    throw new ApiError({ code: "read_failed" });
  }
  if (!isPicture) throw new ApiError({ code: "unsupported_format" });
}

/** @returns {string} A name for one request, so that sent twice it is done once. */
export function requestKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `page-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
