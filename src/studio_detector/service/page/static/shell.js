/** What stands around every view: header, the line about the connection, the main part. */

import { h, replace } from "./dom.js";
import { icon, iconButton } from "./icons.js";
import { openPreferences } from "./preferences.js";
import { t } from "./strings.js";

const PLACES = [
  { place: "drop", href: "#/", drawing: "add", key: "1" },
  { place: "gallery", href: "#/gallery", drawing: "gallery", key: "2" },
  { place: "overview", href: "#/overview", drawing: "overview", key: "3" },
];
const LINE_MS = 4_000;

/**
 * @param {HTMLElement} root
 * @param {import("./main.js").Context} context
 * @returns {{main: HTMLElement, showPlace: (place: string) => void}}
 */
export function createShell(root, context) {
  const links = PLACES.map(({ place, href, drawing }) =>
    h("a.place", { href, dataset: { place } }, icon(drawing), h("span", null, t(`shell.${place}`))),
  );
  const main = h("main.main", { id: "content", tabindex: "-1" });
  const skip = h("a.skip", { href: "#content" }, t("shell.skip"));
  skip.addEventListener("click", (event) => {
    // The part after # names the view.
    event.preventDefault();
    main.focus();
  });
  replace(
    root,
    skip,
    h(
      "header.header",
      null,
      h("a.product", { href: "#/" }, icon("studio"), h("span", null, t("shell.product"))),
      h("nav.places", { "aria-label": t("shell.views") }, links),
      h("div.tools", null, tools(context)),
    ),
    connectionLine(context),
    main,
  );
  for (const { place, href, key } of PLACES) {
    context.keys.bind(key, t(`keys.${place}`), () => context.navigate(href));
  }
  context.keys.bind("?", t("keys.help"), context.keys.help);
  const showPlace = (place) => {
    for (const link of links) {
      if (link.dataset.place === place) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  };
  return { main, showPlace };
}

function tools(context) {
  const { session, settings, signIn, keys } = context;
  const enter = h(
    "button.quiet",
    { type: "button", onclick: () => signIn("needed") },
    icon("key"),
    h("span", null, t("shell.sign_in")),
  );
  const show = () => {
    enter.hidden = !settings.needs_key || session.key !== null;
  };
  session.addEventListener("changed", show);
  show();
  return [
    enter,
    iconButton("help", t("keys.title"), () => keys.help()),
    iconButton("settings", t("shell.settings"), () => openPreferences(context)),
  ];
}

/** One line under the header: it says why nothing moves, and what to do. */
function connectionLine({ api, queue, session, signIn, announce }) {
  const line = h("section.line", { hidden: true, "aria-label": t("line.name") });
  let timer = 0;
  let shown = null;
  const show = (state, drawing, text, action = null, lasts = 0) => {
    clearTimeout(timer);
    shown = state;
    line.hidden = false;
    line.dataset.state = state;
    replace(line, icon(drawing), h("p", null, text), action);
    announce(text, { isUrgent: state === "offline" || state === "signin" });
    if (lasts) timer = setTimeout(() => hide(state), lasts);
  };
  const hide = (state) => {
    if (shown !== state) return;
    shown = null;
    line.hidden = true;
    look();
  };
  const look = () => {
    const isOut = queue.totals.pausedBy === "signin";
    if (isOut && shown !== "signin" && shown !== "offline") {
      const enter = () => signIn("needed");
      show("signin", "key", t("line.signin"), h("button", { type: "button", onclick: enter }, t("shell.sign_in")));
    } else if (!isOut) {
      hide("signin");
    }
  };
  api.addEventListener("offline", () => {
    const again = h("button", { type: "button", onclick: () => api.tryNow() }, t("line.try_now"));
    show("offline", "unplugged", t("line.offline"), again);
  });
  api.addEventListener("online", () => show("online", "check", t("line.online"), null, LINE_MS));
  api.addEventListener("busy", ({ detail }) => {
    if (shown === "offline") return;
    const seconds = Math.ceil(detail.seconds);
    show("busy", "clock", t("line.busy", { seconds }), null, detail.seconds * 1000);
  });
  queue.addEventListener("totals", look);
  session.addEventListener("changed", look);
  return line;
}
