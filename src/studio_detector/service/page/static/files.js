/** What people drop, paste and choose: files, folders, archives, addresses. */

const ARCHIVES = /\.(zip|tar|tgz|tar\.gz|taz|tar\.zst|tzst)$/i;
const ARCHIVE_KINDS = /^application\/(zip|x-zip-compressed|x-tar|gzip|x-gzip|zstd|x-compressed-tar)$/;
// Of a folder, only what may be a picture is sent; raw files too, since the answer says what to do.
const PICTURES =
  /\.(jpe?g|jpe|jfif|mpo|png|webp|tiff?|bmp|gif|avif|hei[cf]|jxl|jp2|j2k|psd|dng|cr[23]|nef|arw|orf|raf|rw2|pef|srw|exr|hdr)$/i;
const LITTER = /^(\.|thumbs\.db$|desktop\.ini$)/i;
const LITTER_FOLDER = /(^|\/)(__MACOSX|\.[^/]*)(\/|$)/;
const MOST_ADDRESS = 2048;
const HEAD_BYTES = 16;
// How every format that is decoded begins (`imaging/sniff.py`): JPEG, PNG, GIF, TIFF, BMP, WebP,
// and the family of HEIC and AVIF.
const SIGNATURES =
  /^(\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|II[*+]\0|MM\0[*+]|BM|RIFF[^]{4}WEBP|[^]{4}ftyp)/;

/**
 * @typedef {{kind: "file"|"archive"|"address", name: string, file?: File, url?: string,
 *   path?: string, size?: number}} Source
 */

/**
 * @param {File} file
 * @param {string} [path] Folders above it.
 * @returns {Source}
 */
export function sourceOf(file, path = "") {
  const isArchive = ARCHIVES.test(file.name) || ARCHIVE_KINDS.test(file.type);
  return {
    kind: isArchive ? "archive" : "file",
    name: file.name || "",
    path,
    file,
    size: file.size,
  };
}

/**
 * Whether it is worth sending: what is surely no picture is refused here, whatever its size.
 *
 * @param {Blob} file
 * @returns {Promise<boolean>}
 */
export async function mayBePicture(file) {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  return SIGNATURES.test(String.fromCharCode(...head));
}

/**
 * Files that were chosen by name, or whole folders.
 *
 * @param {Iterable<File>} files
 * @returns {{sources: Source[], skipped: number}} `skipped`: files of folders that are no pictures.
 */
export function readChosen(files) {
  const found = [...files].map((file) => {
    const path = (file.webkitRelativePath ?? "").split("/").slice(0, -1).join("/");
    return { file, path };
  });
  return sorted(found);
}

/**
 * What was dropped; must be called at once, since the browser takes it back afterwards.
 *
 * @param {DataTransfer} transfer
 * @returns {Promise<{sources: Source[], skipped: number, text: string}>}
 */
export async function readDrop(transfer) {
  const entries = [...transfer.items]
    .filter((item) => item.kind === "file")
    .map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const text = transfer.getData("text/uri-list") || transfer.getData("text/plain");
  const found = [];
  for (const entry of entries) {
    if (entry instanceof File) found.push({ file: entry, path: "" });
    else if (entry) await walk(entry, "", found);
  }
  // A picture dragged from another page comes as a file and as its address; the file will do.
  return { ...sorted(found), text: found.length ? "" : text };
}

/**
 * @param {DataTransfer} transfer Of a paste.
 * @returns {Source[]} Pictures among it.
 */
export function readPaste(transfer) {
  return [...transfer.files].map((file) => sourceOf(file));
}

/**
 * Addresses in a text, one a line or between spaces; lines that begin with # are comments.
 *
 * @param {string} text
 * @returns {{sources: Source[], refused: string[]}} `refused`: words that are no addresses.
 */
export function readAddresses(text) {
  const words = text
    .split("\n")
    .filter((line) => !line.trimStart().startsWith("#"))
    .flatMap((line) => line.split(/\s+/))
    .filter(Boolean);
  const sources = [];
  const refused = [];
  for (const word of new Set(words)) {
    const url = readAddress(word);
    if (url) sources.push({ kind: "address", name: nameOf(url), url: url.href });
    else refused.push(word);
  }
  return { sources, refused };
}

/** @param {string} text @returns {boolean} Whether all of it is addresses. */
export function isAddresses(text) {
  const { sources, refused } = readAddresses(text);
  return sources.length > 0 && refused.length === 0;
}

/**
 * The attribute `accept` of a file field.
 *
 * @param {string[]} formats As the service names them.
 * @returns {string}
 */
export function accepted(formats) {
  const more = formats.includes("HEIC") ? ["image/heic", ".heic", ".heif"] : [];
  return ["image/*", ...more, ".zip", ".tar", ".tgz", ".gz", ".zst"].join(",");
}

function readAddress(word) {
  if (word.length > MOST_ADDRESS) return null;
  const text = /^[a-z][a-z0-9+.-]*:/i.test(word) ? word : `https://${word}`;
  try {
    const url = new URL(text);
    const isHost = url.hostname.includes(".") || url.hostname === "localhost";
    return ["http:", "https:"].includes(url.protocol) && isHost ? url : null;
  } catch {
    return null;
  }
}

function nameOf(url) {
  const last = url.pathname.split("/").filter(Boolean).pop() ?? "";
  try {
    return decodeURIComponent(last) || url.host;
  } catch {
    return last;
  }
}

function sorted(found) {
  const sources = [];
  let skipped = 0;
  for (const { file, path } of found) {
    const source = sourceOf(file, path);
    const isLitter = LITTER.test(file.name) || LITTER_FOLDER.test(path);
    const isPicture =
      !path || source.kind === "archive" || PICTURES.test(file.name) || /^image\//.test(file.type);
    if (isLitter && path) continue;
    if (isPicture) sources.push(source);
    else skipped += 1;
  }
  return { sources, skipped };
}

async function walk(entry, path, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
    if (file) found.push({ file, path });
    return;
  }
  const reader = entry.createReader();
  const below = path ? `${path}/${entry.name}` : entry.name;
  for (;;) {
    // A hundred at a time, until there are none.
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!some.length) return;
    for (const one of some) await walk(one, below, found);
  }
}
