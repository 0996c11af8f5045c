/** Puts the page together: what every view shares, and which view is shown. */

import { createApi } from "./api.js";
import { createAnnouncer } from "./announce.js";
import { drop } from "./views/drop.js";
import { compare } from "./views/compare.js";
import { gallery } from "./views/gallery.js";
import { overview } from "./views/overview.js";
import { photo } from "./views/photo.js";
import { createIntake } from "./intake.js";
import { createKeys } from "./keys.js";
import { Library } from "./library.js";
import { Memory } from "./memory.js";
import { Queue } from "./queue.js";
import { Session } from "./session.js";
import { createShell } from "./shell.js";
import { createSignIn } from "./signin.js";
import { t } from "./strings.js";
import { Thumbnails } from "./thumbnails.js";

/**
 * @typedef {Object} Settings What the service says of itself, in the page.
 * @property {string} version
 * @property {boolean} needs_key
 * @property {boolean} keeps_pictures Whether overlays and thumbnails can come from the server.
 * @property {number} max_upload_bytes
 * @property {number} max_batch_upload_bytes
 * @property {number} max_batch_items
 * @property {number} max_pixels
 * @property {string[]} formats
 * @property {[number, number]} band P(studio) between which photos are called uncertain.
 */

/**
 * @typedef {Object} Context What every view is given.
 * @property {ReturnType<typeof createApi>} api
 * @property {Library} library
 * @property {Queue} queue
 * @property {Thumbnails} thumbnails `of(item)` promises an address for an <img>, or null.
 * @property {Memory} memory Names and thumbnails that this browser remembers.
 * @property {Session} session Who is signed in.
 * @property {ReturnType<typeof createKeys>} keys `bind(key, label, action, {signal})`.
 * @property {ReturnType<typeof createIntake>} intake
 * @property {(text: string, options?: {isUrgent?: boolean}) => void} announce To who listens.
 * @property {(hash: string) => void} navigate Such as "#/gallery".
 * @property {Settings} settings
 * @property {Map<string, any>} drafts What was typed or chosen in a view, by a name of its own.
 */

/**
 * @typedef {Object} View
 * @property {(params: Object<string, string>) => string} title
 * @property {(root: HTMLElement, context: Context, params: Object<string, string>) => () => void}
 *   mount Fills the root, which has one h1 then; what comes back takes it down.
 */

/** @type {{pattern: RegExp, place: string, view: View}[]} */
const ROUTES = [
  { pattern: /^#?\/?$/, place: "drop", view: drop },
  { pattern: /^#\/gallery$/, place: "gallery", view: gallery },
  { pattern: /^#\/photo\/(?<id>[\w-]+)$/, place: "gallery", view: photo },
  { pattern: /^#\/compare\/(?<a>[\w-]+)\/(?<b>[\w-]+)$/, place: "gallery", view: compare },
  { pattern: /^#\/overview$/, place: "overview", view: overview },
];

function start() {
  const settings = JSON.parse(document.querySelector("meta[name=studio-detector]").content);
  const session = new Session();
  const memory = new Memory({ isUsual: !settings.needs_key });
  const library = new Library({ names: memory });
  const signIn = createSignIn({ session, settings });
  const api = createApi({ session, signIn });
  const thumbnails = new Thumbnails({ api, library, memory, settings });
  const queue = new Queue({ api, library, settings, session });
  const keys = createKeys();
  const navigate = (hash) => {
    location.hash = hash;
  };
  const announce = createAnnouncer(document.body);
  const intake = createIntake({ queue, announce, navigate, settings });
  const context = {
    api,
    library,
    queue,
    thumbnails,
    memory,
    session,
    keys,
    intake,
    announce,
    navigate,
    settings,
    signIn,
    drafts: new Map(),
  };
  const shell = createShell(document.getElementById("app"), context);
  route(shell, context);
}

function route(shell, context) {
  let unmount = () => {};
  let isFirst = true;
  const show = () => {
    const found = ROUTES.map((one) => ({ ...one, match: one.pattern.exec(location.hash) })).find(
      (one) => one.match,
    );
    if (!found) {
      location.replace("#/");
      return;
    }
    const params = { ...found.match.groups };
    unmount();
    shell.main.replaceChildren();
    unmount = found.view.mount(shell.main, context, params);
    const title = found.view.title(params);
    document.title = t("shell.document_title", { title });
    shell.showPlace(found.place);
    // Who changes the view is taken to its heading; who opens the page begins at its top.
    if (!isFirst) {
      window.scrollTo(0, 0);
      const heading = shell.main.querySelector("h1");
      heading?.setAttribute("tabindex", "-1");
      heading?.focus({ preventScroll: true });
    }
    isFirst = false;
  };
  window.addEventListener("hashchange", show);
  show();
}

start();
