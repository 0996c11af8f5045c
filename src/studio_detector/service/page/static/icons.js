/** Drawings of 24 x 24, in the colour of the text around them. */

import { h, svg } from "./dom.js";

const line = (d) => ["path", { d }];
const dot = (cx, cy, r) => ["circle", { cx, cy, r }];
const box = (x, y, width, height, rx = 1) => ["rect", { x, y, width, height, rx }];

const SHAPES = {
  // Verdicts, told apart by shape: a softbox, a sun, a rhomb, a triangle.
  studio: [box(4, 4, 16, 16, 1.5), line("M4 4l5 5M20 4l-5 5M4 20l5-5M20 20l-5-5"), box(9, 9, 6, 6)],
  natural: [
    dot(12, 12, 4.2),
    line("M12 2.5v3M12 18.5v3M2.5 12h3M18.5 12h3M5.3 5.3l2.1 2.1M16.6 16.6l2.1 2.1"),
    line("M5.3 18.7l2.1-2.1M16.6 7.4l2.1-2.1"),
  ],
  uncertain: [line("M12 2.8L21.2 12 12 21.2 2.8 12z"), line("M12 8v4.6"), dot(12, 15.6, 0.4)],
  failed: [line("M12 3.4L22 20.6H2z"), line("M12 9.6v5"), dot(12, 17.4, 0.4)],
  add: [line("M12 5v14M5 12h14")],
  archive: [box(3.5, 4, 17, 5), line("M5 9v10.5h14V9M10 13h4")],
  auto: [dot(12, 12, 8.5), ["path", { d: "M12 3.5a8.5 8.5 0 0 1 0 17z", class: "filled" }]],
  back: [line("M19 12H5M11 6l-6 6 6 6")],
  check: [line("M4.5 12.5l5 5 10-11")],
  clock: [dot(12, 12, 8.5), line("M12 7v5.3l3.4 2")],
  close: [line("M6 6l12 12M18 6L6 18")],
  compare: [box(3, 5, 7.5, 14), box(13.5, 5, 7.5, 14)],
  download: [line("M12 4v11M7 10.5l5 5 5-5M4.5 20h15")],
  filter: [line("M4 6h16M7 12h10M10 18h4")],
  fit: [line("M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5")],
  folder: [line("M3.5 6.5a1 1 0 0 1 1-1h4.8l2 2.5h8.2a1 1 0 0 1 1 1v9.5a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1z")],
  forward: [line("M5 12h14M13 6l6 6-6 6")],
  gallery: [box(3.5, 3.5, 7, 7), box(13.5, 3.5, 7, 7), box(3.5, 13.5, 7, 7), box(13.5, 13.5, 7, 7)],
  help: [dot(12, 12, 8.8), line("M9.4 9.4a2.7 2.7 0 1 1 3.9 2.5c-.9.4-1.3 1-1.3 1.9"), dot(12, 16.8, 0.4)],
  image: [box(3.5, 4.5, 17, 15, 1.5), dot(8.6, 9.6, 1.6), line("M4 17.5l5-4.5 3.4 3 3.6-4.4 4.5 5")],
  key: [dot(8, 15.5, 4), line("M11 12.5L20 3.5M16.5 7l3 3M14 9.5l2 2")],
  link: [line("M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1.6 1.6"), line("M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1.6-1.6")],
  minus: [line("M5 12h14")],
  moon: [line("M20 14.2A8.3 8.3 0 1 1 9.8 4a6.6 6.6 0 0 0 10.2 10.2z")],
  overview: [line("M4 4v16h16"), line("M8.5 16.5v-5M13 16.5v-9M17.5 16.5v-3")],
  pause: [line("M8.5 5v14M15.5 5v14")],
  play: [line("M7.5 4.8v14.4L19 12z")],
  retry: [line("M19.5 12a7.5 7.5 0 1 1-2.4-5.5M19.8 3.5v4h-4")],
  search: [dot(10.5, 10.5, 6.2), line("M15.2 15.2l5 5")],
  settings: [line("M4 7h9M19 7h1M4 17h1M11 17h9"), dot(16, 7, 2.6), dot(8, 17, 2.6)],
  swap: [line("M4 8.5h15M15 4.5l4 4-4 4M20 15.5H5M9 11.5l-4 4 4 4")],
  sun: [dot(12, 12, 4), line("M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6l1.4 1.4M17 17l1.4 1.4M5.6 18.4L7 17M17 7l1.4-1.4")],
  thumb_down: [line("M7 4.5h9.2a2 2 0 0 1 2 1.6l1.2 6a2 2 0 0 1-2 2.4H13l.8 4a1.8 1.8 0 0 1-3.3 1.2L7 14.5zM7 4.5H4v10h3")],
  thumb_up: [line("M7 19.5h9.2a2 2 0 0 0 2-1.6l1.2-6a2 2 0 0 0-2-2.4H13l.8-4a1.8 1.8 0 0 0-3.3-1.2L7 9.5zM7 19.5H4v-10h3")],
  trash: [line("M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 13h9l1-13M10 11v5.5M14 11v5.5")],
  unplugged: [line("M3 3l18 18M8.5 8.6A9 9 0 0 0 5 10.8M2.5 8.3a13 13 0 0 1 3.2-2.2M12 5a13 13 0 0 1 9.5 3.3M15 10a9 9 0 0 1 3.9 1.9M8.6 15a5 5 0 0 1 5.6-.9"), dot(12, 18.6, 0.5)],
  upload: [line("M12 16V5M7 9.5l5-5 5 5M4.5 15.5v3a1.5 1.5 0 0 0 1.5 1.5h12a1.5 1.5 0 0 0 1.5-1.5v-3")],
};

/**
 * A drawing; who listens is told nothing of it unless it has a label.
 *
 * @param {keyof typeof SHAPES} name
 * @param {{label?: string}} [options]
 * @returns {SVGElement}
 */
export function icon(name, { label } = {}) {
  const named = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  return svg(
    "svg.icon",
    { viewBox: "0 0 24 24", ...named },
    SHAPES[name].map(([tag, props]) => svg(tag, props)),
  );
}

/**
 * A button that is a drawing alone; what it does is said to who listens, and to who points at it.
 *
 * @param {keyof typeof SHAPES} name
 * @param {string} label
 * @param {(event: Event) => void} onclick
 * @returns {HTMLElement}
 */
export const iconButton = (name, label, onclick) =>
  h("button.icon-button", { type: "button", "aria-label": label, title: label, onclick }, icon(name));
