/** The large picture: fits its place or is zoomed, with a layer over it and a point that is read. */

import { h, on, perFrame, replace } from "../../dom.js";
import { keepArrows } from "./arrows.js";

const ZOOMS = [1, 1.5, 2, 3, 4, 6, 8, 12];
// More than that, and a small picture is a blur; zoomed, its pixels are told apart.
const MOST_ENLARGED = 2;
const FAR_STEPS = 10;
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const WHEEL_STEP = 0.002;

/** @typedef {{x: number, y: number}} Point In pixels of the picture. */

/**
 * Tells 'point' (detail: {point: Point|null, by: "pointer"|"key"}) and 'zoomed'.
 *
 * @param {{signal: AbortSignal, label: string}} options `label` says what is shown, and that arrow
 *   keys read it.
 */
export function createStage({ signal, label }) {
  const stage = new EventTarget();
  const base = h("img.base", { alt: "", draggable: "false", hidden: true });
  const layer = h("div.layer", { "aria-hidden": "true" });
  const cross = h("div.cross", { hidden: true });
  const sheet = h("div.sheet", null, base, layer, cross);
  const view = h("div.view", { tabindex: "0", role: "application", "aria-label": label }, sheet);
  const element = h("div.stage", null, view);
  let size = { width: 0, height: 0 };
  let point = null;
  let zoom = 1;

  const fit = ({ width, height }) => {
    view.style.setProperty("--ratio", String(width / height || 1));
    view.style.setProperty("--most", `${MOST_ENLARGED * Math.max(width, 1)}px`);
  };

  const tell = (by) => stage.dispatchEvent(new CustomEvent("point", { detail: { point, by } }));

  const place = () => {
    cross.hidden = point === null;
    if (point === null) return;
    cross.style.setProperty("left", `${(100 * (point.x + 0.5)) / size.width}%`);
    cross.style.setProperty("top", `${(100 * (point.y + 0.5)) / size.height}%`);
  };

  const setPoint = (next, by) => {
    point = next && {
      x: Math.min(Math.max(Math.floor(next.x), 0), size.width - 1),
      y: Math.min(Math.max(Math.floor(next.y), 0), size.height - 1),
    };
    place();
    tell(by);
  };

  const under = ({ clientX, clientY }) => {
    const box = sheet.getBoundingClientRect();
    const x = ((clientX - box.left) / box.width) * size.width;
    const y = ((clientY - box.top) / box.height) * size.height;
    return x >= 0 && y >= 0 && x < size.width && y < size.height ? { x, y } : null;
  };

  /** Zoom, so that what lies under `at` stays there. */
  const setZoom = (next, at = null) => {
    const wanted = Math.min(Math.max(next, ZOOMS[0]), ZOOMS.at(-1));
    if (wanted === zoom) return;
    const frame = view.getBoundingClientRect();
    const before = sheet.getBoundingClientRect();
    const x = (at?.clientX ?? frame.left + frame.width / 2) - before.left;
    const y = (at?.clientY ?? frame.top + frame.height / 2) - before.top;
    const grows = wanted / zoom;
    zoom = wanted;
    view.style.setProperty("--zoom", String(zoom));
    view.classList.toggle("zoomed", zoom > 1);
    const after = sheet.getBoundingClientRect();
    view.scrollLeft += after.left - before.left + x * (grows - 1);
    view.scrollTop += after.top - before.top + y * (grows - 1);
    const isCoarse = after.width > 2 * size.width;
    sheet.classList.toggle("coarse", isCoarse);
    stage.dispatchEvent(new Event("zoomed"));
  };

  const step = (by) => {
    const next = by > 0 ? ZOOMS.find((one) => one > zoom) : ZOOMS.findLast((one) => one < zoom);
    if (next) setZoom(next);
  };

  const canRead = () => size.width > 0 && !element.classList.contains("figure");

  let moved = null;
  const read = perFrame(() => {
    if (moved && canRead()) setPoint(under(moved), "pointer");
  });
  signal.addEventListener("abort", read.cancel);
  on(
    view,
    "pointermove pointerdown",
    (event) => {
      moved = event;
      read();
    },
    signal,
  );
  on(
    view,
    "pointerleave",
    (event) => {
      // A finger that is lifted leaves; what it read stays.
      if (event.pointerType !== "mouse") return;
      moved = null;
      if (canRead()) setPoint(null, "pointer");
    },
    signal,
  );
  dragged(view, () => zoom > 1, signal);
  on(
    view,
    "wheel",
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      setZoom(zoom * Math.exp(-event.deltaY * WHEEL_STEP), event);
    },
    signal,
  );
  on(
    view,
    "keydown",
    (event) => {
      const move = MOVES[event.key];
      if (!move || event.ctrlKey || event.altKey || event.metaKey || !canRead()) return;
      event.preventDefault();
      const far = event.shiftKey ? FAR_STEPS : 1;
      // Steps that can be seen, on a screen that shows many pixels as one.
      const scale = Math.max(1, size.width / sheet.getBoundingClientRect().width);
      const stride = Math.round(far * scale) || 1;
      const from = point ?? { x: size.width / 2, y: size.height / 2 };
      setPoint({ x: from.x + move[0] * stride, y: from.y + move[1] * stride }, "key");
      cross.scrollIntoView({ block: "nearest", inline: "nearest" });
    },
    signal,
  );
  keepArrows(view, signal);

  return Object.assign(stage, {
    element,
    base,
    step,
    setPoint,
    fit: () => setZoom(1),
    /** @returns {number} 1 where the picture fits its place. */
    zoom: () => zoom,
    /** @returns {Point|null} */
    point: () => point,

    /** @param {import("./picture.js").Picture & {alt: string}} picture */
    setPicture({ url, width, height, alt }) {
      base.hidden = !url;
      if (url) base.src = url;
      base.alt = alt;
      size = { width, height };
      fit(size);
      if (point) setPoint(null, "pointer");
    },

    /**
     * @param {HTMLCanvasElement|null} canvas
     * @param {{isMap?: boolean}} [options] Whether it lies on the picture, or stands in its place.
     */
    setLayer(canvas, { isMap = true } = {}) {
      element.classList.toggle("figure", canvas !== null && !isMap);
      replace(layer, canvas);
      fit(canvas && (!isMap || !size.width) ? canvas : size);
      if (!isMap && point) setPoint(null, "pointer");
    },

    /** @param {number} share 0..1 */
    setOpacity(share) {
      layer.style.setProperty("opacity", String(share));
    },
  });
}

/** Held with the mouse, what is larger than its place moves along. */
function dragged(view, isLarge, signal) {
  let from = null;
  on(
    view,
    "pointerdown",
    (event) => {
      if (event.pointerType !== "mouse" || event.button !== 0 || !isLarge()) return;
      from = { x: event.clientX + view.scrollLeft, y: event.clientY + view.scrollTop };
      view.setPointerCapture(event.pointerId);
    },
    signal,
  );
  on(
    view,
    "pointermove",
    (event) => {
      if (from) view.scrollTo(from.x - event.clientX, from.y - event.clientY);
    },
    signal,
  );
  on(view, "pointerup pointercancel", () => (from = null), signal);
}
