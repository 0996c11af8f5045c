/** What the picture reads at a point, in numbers. */

import { h, replace } from "../../dom.js";
import { count, decimal } from "../../format.js";
import { t } from "../../strings.js";
import { colourOf } from "./colours.js";

/**
 * Shows the values at the point of a stage; said aloud where the keyboard moved it.
 *
 * @param {ReturnType<typeof import("./stage.js").createStage>} stage
 * @param {{announce: (text: string) => void}} context
 * @param {AbortSignal} signal
 * @returns {{element: HTMLElement, setHint: (text: string) => void}}
 */
export function createValues(stage, { announce }, signal) {
  const canvas = h("canvas", { width: "1", height: "1" });
  const ink = canvas.getContext("2d", { willReadFrequently: true });
  const swatch = h("span.swatch", { "aria-hidden": "true" });
  const list = h("dl.numbers");
  const hint = h("p.hint");
  const element = h(
    "div.values",
    { role: "group", "aria-label": t("values.title") },
    swatch,
    list,
    hint,
  );

  const show = ({ detail: { point, by } }) => {
    const colour = point && pixel(ink, stage.base, point);
    element.classList.toggle("empty", !colour);
    hint.hidden = Boolean(colour);
    if (!colour) {
      replace(list);
      return;
    }
    swatch.style.setProperty("background", `rgb(${colour.rgb.join(" ")})`);
    const said = wordsOf(point, colour);
    replace(
      list,
      said.map(([name, text]) =>
        h("div", null, h("dt", null, t(`values.${name}`)), h("dd.number", null, text)),
      ),
    );
    if (by === "key")
      announce(said.map(([name, text]) => `${t(`values.${name}`)} ${text}`).join(", "));
  };
  element.classList.add("empty");
  stage.addEventListener("point", show, { signal });
  return {
    element,
    setHint: (text) => replace(hint, text),
  };
}

/**
 * One pixel; a whole canvas of a large photo would take hundreds of megabytes.
 *
 * @returns {import("./colours.js").Colour|null} Null where there is no picture, or nothing of it.
 */
function pixel(ink, image, { x, y }) {
  if (image.hidden || !image.complete || !image.naturalWidth) return null;
  ink.clearRect(0, 0, 1, 1);
  ink.drawImage(image, x, y, 1, 1, 0, 0, 1, 1);
  const rgba = ink.getImageData(0, 0, 1, 1).data;
  return rgba[3] === 0 ? null : colourOf(rgba);
}

function wordsOf({ x, y }, { rgb, luma, lightness, a, b, hue, chroma }) {
  return [
    ["place", `${count(x)}, ${count(y)}`],
    ["srgb", rgb.join(" ")],
    ["luma", count(Math.round(luma))],
    ["lab", [lightness, a, b].map(signed).join(" ")],
    ["hue", hue === null ? t("values.grey") : `${count(Math.round(hue) % 360)}°`],
    ["chroma", decimal(chroma)],
  ];
}

const signed = (number) => decimal(Math.abs(number) < 0.05 ? 0 : number).replace("-", "\u2212");
