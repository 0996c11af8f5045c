/** The overlays of a photo: drawn by the service, taken apart into the map and its legend. */

import { h } from "../../dom.js";
import { fileOf } from "./picture.js";

// How a sheet is laid out: `studio_detector/reporting/overlays/canvas.py`.
const SHEET_PX = 512;
const THINNEST_PX = 16;
// Two charts side by side; of all the others, the upper part is the picture.
const CHARTS = { power_spectrum: { width: 512, height: 256 } };

/**
 * @typedef {Object} OverlayKind
 * @property {string} name
 * @property {string} title
 * @property {string} caption How to read it.
 */

/**
 * @typedef {Object} Drawn
 * @property {HTMLCanvasElement} map
 * @property {HTMLCanvasElement} legend
 * @property {boolean} isMap Whether it lies on the picture point by point.
 */

/** Draws what is asked for, and keeps it: flipping back and forth must not wait. */
export class Overlays {
  #api;
  #item;
  #keepsPictures;
  #working;
  #drawn = new Map();

  /**
   * @param {import("../../library.js").Item} item
   * @param {import("../../main.js").Context} context
   * @param {number[]} working Size at which it was measured: rows, columns, px.
   */
  constructor(item, { api, settings }, [rows, columns]) {
    this.#api = api;
    this.#item = item;
    this.#working = { rows, columns };
    this.#keepsPictures = settings.keeps_pictures;
  }

  /** @param {AbortSignal} signal @returns {Promise<OverlayKind[]>} */
  async list(signal) {
    return (await this.#api.get(`${this.#path}/overlays`, { signal })).items;
  }

  /** @returns {boolean} Whether the service can be given something to draw on, or may have it. */
  get canDraw() {
    return this.#keepsPictures || fileOf(this.#item) !== null;
  }

  /**
   * @param {string} name
   * @param {AbortSignal} signal
   * @returns {Promise<Drawn>}
   * @throws {import("../../http.js").ApiError} `picture_gone` where there is nothing to draw on;
   *   `request_invalid` where the file is another photo.
   */
  async draw(name, signal) {
    const known = this.#drawn.get(name);
    if (known) return known;
    const drawn = await takenApart(
      await this.#ask(`${this.#path}/overlays/${name}.png`, signal),
      name,
      this.#working,
    );
    this.#drawn.set(name, drawn);
    return drawn;
  }

  /** The page of everything, with the picture where there is one. */
  async report(signal) {
    return this.#ask(`${this.#path}/report`, signal);
  }

  get #path() {
    return `/results/${this.#item.result.id}`;
  }

  /** With the file that is here; the service keeps nothing of it. */
  async #ask(path, signal) {
    const file = fileOf(this.#item);
    if (!file) return this.#api.blob(path, { signal });
    // The kind is a guess by the file's name; the service looks at the bytes.
    const kind = file.type.startsWith("image/") ? file.type : "application/octet-stream";
    const headers = { "Content-Type": kind };
    return this.#api.blob(path, { method: "POST", body: file, headers, signal });
  }
}

/**
 * The size at which a picture stands on a sheet.
 *
 * @param {{rows: number, columns: number}} measured Size at which it was measured, px.
 * @returns {{width: number, height: number}} px.
 */
export function panelSize({ rows, columns }) {
  const scale = SHEET_PX / Math.max(rows, columns);
  const side = (px) => Math.max(THINNEST_PX, halfToEven(px * scale));
  return { width: side(columns), height: side(rows) };
}

/** @returns {Promise<Drawn>} */
async function takenApart(png, name, working) {
  const chart = CHARTS[name];
  const sheet = await createImageBitmap(png);
  const panel = chart ?? panelSize(working);
  const left = Math.floor((SHEET_PX - panel.width) / 2);
  const foot = { width: SHEET_PX, height: Math.max(1, sheet.height - panel.height) };
  const map = cut(sheet, left, 0, panel);
  const legend = cut(sheet, 0, panel.height, foot);
  sheet.close();
  return { map, legend, isMap: chart === undefined };
}

function cut(sheet, x, y, { width, height }) {
  const canvas = h("canvas", { width, height });
  canvas.getContext("2d").drawImage(sheet, x, y, width, height, 0, 0, width, height);
  return canvas;
}

/** As Python rounds. */
function halfToEven(number) {
  const below = Math.floor(number);
  if (number - below !== 0.5) return Math.round(number);
  return below % 2 ? below + 1 : below;
}
