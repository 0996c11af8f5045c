/** One cell of the gallery; made once and given one photo after the other. */

import { badge, sureWords } from "../../badge.js";
import { h, setText } from "../../dom.js";
import { icon } from "../../icons.js";
import { errorWords, t } from "../../strings.js";
import { nameOf } from "../photo/finding.js";
import { photoHref } from "../photo/order.js";
import { shownLabel } from "./labels.js";

/**
 * @typedef {Object} Cell
 * @property {HTMLElement} element
 * @property {(entry: import("./arrange.js").Entry|null, facts: Facts) => void} show
 * @property {import("./arrange.js").Entry|null} entry What it shows.
 */

/**
 * @typedef {Object} Facts
 * @property {import("./labels.js").Thresholds|null} thresholds
 * @property {boolean} isSelected
 * @property {boolean} isActive Whether Tab leads to it.
 * @property {number} at Place among all.
 */

/** @returns {Cell} */
export function createCell() {
  const picture = h("img", { alt: "", decoding: "async", draggable: "false", hidden: true });
  const place = h("span.no-picture", null, icon("image"));
  const name = h("span.cell-name");
  const link = h("a.cell-link", { tabindex: "-1" }, h("span.cell-frame", null, picture, place), name);
  // Beside the picture for the mouse; who uses the keyboard has keys for both.
  const tick = h("span.cell-tick", { "aria-hidden": "true" }, icon("check"));
  const number = h("span.number");
  const pile = h("span.cell-pile", { "aria-hidden": "true", hidden: true }, icon("compare"), number);
  const verdict = h("span.cell-verdict");
  const element = h(
    "div.cell",
    { role: "gridcell", tabindex: "-1" },
    link,
    h("span.cell-caption", null, verdict),
    tick,
    pile,
  );
  const cell = { element, entry: null, show };
  let shownVerdict = "";
  let url = null;

  function show(entry, { thresholds, isSelected, isActive, at }) {
    cell.entry = entry;
    element.hidden = entry === null;
    if (!entry) return;
    const { item, stack, isOpen, group } = entry;
    const label = shownLabel(item, thresholds);
    element.dataset.at = String(at);
    element.tabIndex = isActive ? 0 : -1;
    element.setAttribute("aria-selected", String(isSelected));
    element.classList.toggle("stacked", stack !== null && !isOpen);
    element.classList.toggle("together", isOpen);
    if (group === null) element.removeAttribute("aria-expanded");
    else element.setAttribute("aria-expanded", String(isOpen));
    pile.hidden = !stack || (isOpen && stack[0] !== item);
    if (stack) setText(number, String(stack.length));
    showPicture(item);
    showVerdict(item, label);
    setText(name, nameOf(item));
    link.setAttribute("href", photoHref(item));
    element.setAttribute("aria-label", spoken(entry, label));
    link.title = titleOf(item, label);
  }

  function showPicture(item) {
    if (url === (item.thumbUrl ?? null)) return;
    url = item.thumbUrl ?? null;
    picture.hidden = url === null;
    place.hidden = url !== null;
    if (url) picture.src = url;
    else picture.removeAttribute("src");
  }

  function showVerdict(item, label) {
    const sure = label && item.result ? sureWords(label, item.result.confidence) : "";
    const isMoved = Boolean(item.result && label !== item.result.label);
    const words = `${label ?? item.state} ${sure} ${isMoved}`;
    if (words === shownVerdict) return;
    shownVerdict = words;
    const shape = label ? badge(label) : h("span.soft", null, t(`gallery.state.${item.state}`));
    shape.classList.toggle("moved", isMoved);
    verdict.replaceChildren(shape, ...(sure ? [h("span.sure", null, sure)] : []));
  }

  return cell;
}

function spoken(entry, label) {
  const { item, stack, isOpen } = entry;
  const parts = [nameOf(item), label ? t(`verdict.${label}`) : t(`gallery.state.${item.state}`)];
  if (label && item.result) parts.push(sureWords(label, item.result.confidence));
  if (item.result && label !== item.result.label) {
    parts.push(t("gallery.was", { label: t(`verdict.${item.result.label}`) }));
  }
  if (stack && !isOpen) parts.push(t("gallery.stack", { n: stack.length }));
  return parts.join(", ");
}

function titleOf(item, label) {
  const name = item.path ? `${item.path}/${nameOf(item)}` : nameOf(item);
  if (item.error) return `${name}\n${errorWords(item.error).what}`;
  if (!item.result || label === item.result.label) return name;
  return `${name}\n${t("gallery.was", { label: t(`verdict.${item.result.label}`) })}`;
}
