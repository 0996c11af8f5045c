/** Which overlay lies on the picture, and how strongly; two stages can share one choice. */

import { h, newId, replace } from "../../dom.js";
import { percent } from "../../format.js";
import { t } from "../../strings.js";
import { keepArrows } from "./arrows.js";

const CHOSEN = "photo.overlay";
const OPACITY = "photo.opacity";
const USUAL_OPACITY = 0.8;
const NONE = "";

/**
 * Tells 'chosen' and 'opacity'. What is chosen stays from photo to photo.
 *
 * @param {import("../../main.js").Context} context
 * @param {AbortSignal} signal
 */
export function createOverlayBar({ drafts, keys, announce }, signal) {
  const bar = new EventTarget();
  const name = newId("overlay");
  const choices = h("div.chips");
  const share = h("output.number");
  const slider = h("input", {
    type: "range",
    id: newId("opacity"),
    min: "0",
    max: "100",
    step: "5",
    value: 100 * (drafts.get(OPACITY) ?? USUAL_OPACITY),
    oninput: () => setOpacity(slider.value / 100),
  });
  const strength = h(
    "div.strength",
    { hidden: true },
    h("label", { for: slider.id }, t("overlay.opacity")),
    slider,
    share,
  );
  const element = h(
    "fieldset.overlay-bar",
    null,
    h("legend.unseen", null, t("overlay.title")),
    choices,
  );
  /** @type {import("./overlays.js").OverlayKind[]} */
  let kinds = [];
  let last = null;

  const chosen = () => {
    const wanted = drafts.get(CHOSEN) ?? NONE;
    return kinds.some((kind) => kind.name === wanted) ? wanted : NONE;
  };

  const show = () => {
    for (const radio of choices.querySelectorAll("input")) radio.checked = radio.value === chosen();
    strength.hidden = chosen() === NONE;
    replace(share, percent(bar.opacity()));
    slider.setAttribute("aria-valuetext", percent(bar.opacity()));
  };

  function choose(wanted) {
    if (wanted !== NONE) last = wanted;
    drafts.set(CHOSEN, wanted);
    show();
    bar.dispatchEvent(new Event("chosen"));
  }

  function setOpacity(wanted) {
    drafts.set(OPACITY, wanted);
    show();
    bar.dispatchEvent(new Event("opacity"));
  }

  const chip = (value, title) =>
    h(
      "label.chip",
      null,
      h("input", { type: "radio", name, value, onchange: () => choose(value) }),
      h("span", null, title),
    );

  const step = (by) => {
    if (!kinds.length || element.hidden) return;
    const names = [NONE, ...kinds.map((kind) => kind.name)];
    const next = (names.indexOf(chosen()) + by + names.length) % names.length;
    choose(names[next]);
    announce(bar.kind()?.title ?? t("overlay.none"));
  };
  const group = t("photo.title");
  keys.bind("o", t("overlay.key.next"), () => step(1), { group, signal });
  keys.bind("O", t("overlay.key.previous"), () => step(-1), { group, signal });
  keys.bind(
    "h",
    t("overlay.key.hide"),
    () => {
      if (!element.hidden && (chosen() || last)) choose(chosen() ? NONE : last);
    },
    { group, signal },
  );
  keepArrows(element, signal);
  keepArrows(strength, signal);

  return Object.assign(bar, {
    element,
    strength,
    /** @returns {import("./overlays.js").OverlayKind|null} */
    kind: () => kinds.find((kind) => kind.name === chosen()) ?? null,
    /** @returns {number} 0..1 */
    opacity: () => drafts.get(OPACITY) ?? USUAL_OPACITY,

    /** @param {import("./overlays.js").OverlayKind[]} known */
    setKinds(known) {
      kinds = known;
      replace(
        choices,
        chip(NONE, t("overlay.none")),
        kinds.map((kind) => chip(kind.name, kind.title)),
      );
      last ??= drafts.get(CHOSEN) || (kinds[0]?.name ?? null);
      show();
      bar.dispatchEvent(new Event("chosen"));
    },

    /** @param {boolean} canDraw Without a picture, there is nothing to choose. */
    setShown(canDraw) {
      element.hidden = !canDraw;
    },

    /** @param {boolean} isMap Of a chart there is nothing below. */
    setMap(isMap) {
      strength.hidden = chosen() === NONE || !isMap;
    },
  });
}
