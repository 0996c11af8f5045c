/** Small pictures: drawn here from the files, remembered, or asked of the service. */

import { ApiError, isAbort } from "./http.js";

const SIDE_PX = 320;
const QUALITY = 0.82;
const AT_ONCE = 2;
// Beyond it, decoding would cost a phone more than a small picture is worth.
const MOST_BYTES = 96 * 1024 * 1024;

/** Asks for few at once, and for each once. */
export class Thumbnails {
  #api;
  #library;
  #memory;
  #settings;
  #asked = new Map();
  #drawn = new WeakMap();
  #kept = new WeakMap();
  #waiting = [];
  #busy = 0;

  /** @param {{api: Object, library: import("./library.js").Library,
   *   memory: import("./memory.js").Memory, settings: import("./main.js").Settings}} parts */
  constructor({ api, library, memory, settings }) {
    this.#api = api;
    this.#library = library;
    this.#memory = memory;
    this.#settings = settings;
    library.addEventListener("changed", ({ detail: item }) => this.#remember(item));
    // What was added before is remembered, too.
    memory.addEventListener("on", () => {
      this.#kept = new WeakMap();
      for (const item of library.items) this.#remember(item);
    });
    library.addEventListener("removed", ({ detail: items }) => {
      for (const item of items) this.#asked.delete(item.id);
    });
  }

  /**
   * The address of a small picture; asked for twice, it is made once.
   *
   * @param {import("./library.js").Item} item
   * @returns {Promise<string|null>} Null where there is none: show a neutral place instead.
   */
  of(item) {
    if (item.thumbUrl) return Promise.resolve(item.thumbUrl);
    const known = this.#asked.get(item.id);
    const hash = item.result?.image_hash ?? null;
    if (known && known.hash === hash && known.file === item.file) return known.made;
    const made = this.#turn(() => this.#find(item));
    this.#asked.set(item.id, { made, hash, file: item.file });
    return made;
  }

  async #find(item) {
    if (item.thumbUrl) return item.thumbUrl;
    const picture = await this.#picture(item);
    if (!picture || item.thumbUrl) return item.thumbUrl;
    const url = URL.createObjectURL(picture);
    if (this.#library.get(item.id) !== item) {
      URL.revokeObjectURL(url);
      return null;
    }
    this.#library.change(item, { thumbUrl: url });
    return url;
  }

  async #picture(item) {
    if (item.file && item.kind === "file") {
      const drawn = await draw(item.file);
      if (drawn) this.#drawn.set(item, drawn);
      if (drawn) return drawn;
    }
    if (!item.result) return null;
    const remembered = await this.#memory.thumbnail(item.result.image_hash);
    if (remembered) return remembered;
    if (!this.#settings.keeps_pictures) return null;
    try {
      return await this.#api.blob(`/results/${item.result.id}/thumbnail.jpg`);
    } catch (error) {
      if (isAbort(error) || error instanceof ApiError) return null;
      throw error;
    }
  }

  /** Once both the hash and something worth keeping are known; again when more of it is. */
  #remember(item) {
    const thumbnail = this.#drawn.get(item) ?? null;
    const worth = (item.name ? 1 : 0) + (thumbnail ? 1 : 0);
    if (!this.#memory.isOn || !item.result || item.kind === "server" || worth <= (this.#kept.get(item) ?? 0)) return;
    this.#kept.set(item, worth);
    this.#memory.put(item.result.image_hash, {
      ...(item.name ? { name: item.name } : {}),
      ...(thumbnail ? { thumbnail } : {}),
    });
  }

  /** Few at once: each takes a core and the memory of a whole picture. */
  #turn(work) {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => work().then(resolve, reject));
      this.#next();
    });
  }

  #next() {
    while (this.#busy < AT_ONCE && this.#waiting.length) {
      // What was asked for last is what is looked at now.
      const begin = this.#waiting.pop();
      this.#busy += 1;
      begin().finally(() => {
        this.#busy -= 1;
        this.#next();
      });
    }
  }
}

/**
 * @param {Blob} file
 * @returns {Promise<Blob|null>} Null where this browser does not read the format.
 */
async function draw(file) {
  if (file.size > MOST_BYTES) return null;
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return null;
  }
  try {
    const scale = Math.min(1, SIDE_PX / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const ink = canvas.getContext("2d");
    ink.imageSmoothingQuality = "high";
    // What is transparent would be black.
    ink.fillStyle = "white";
    ink.fillRect(0, 0, canvas.width, canvas.height);
    ink.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  } finally {
    bitmap.close();
  }
}
