// What only the browser can do: keys, address, theme, clipboard, notices, files to save. Python is in dashboard/bridge.py.

const TYPING = new Set(["INPUT", "TEXTAREA", "SELECT"]);
const KEYS = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Escape"]);

const pointer = {x: 0, y: 0, shift: false};  // where it was last, and whether Shift was held at the last press

function deepActive(root = document) {
  const active = root.activeElement;
  return active?.shadowRoot ? deepActive(active.shadowRoot) : active;
}

const seen = (element) => element.checkVisibility();

const {deepFind, stages} = window;  // of assets/stage.js

// A tool of a map, by the first letter of its name; at once, so that it is what the next drag does.
function takeTool(key) {
  const tools = /^[a-z]$/.test(key) && deepFind(".tools", seen)?.shadowRoot?.querySelectorAll(".bk-btn");
  const tool = [...tools || []].find((one) => one.textContent.trim().toLowerCase().startsWith(key));
  tool?.click();
  return Boolean(tool);
}

function toast({text, kind}) {
  const note = document.createElement("div");
  note.className = `toast ${kind}`;
  note.textContent = text;
  note.onclick = () => note.remove();
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), kind === "bad" ? 12000 : 4000);
}

function help({rows}) {
  const dialog = document.getElementById("help");
  if (dialog.open) return dialog.close();
  const close = document.createElement("button");
  close.textContent = "Close";
  close.onclick = () => dialog.close();
  const list = document.createElement("dl");
  for (const [keys, what] of rows) {
    const term = document.createElement("dt");
    for (const key of keys.split(" ")) term.append(Object.assign(document.createElement("kbd"), {textContent: key}));
    list.append(term, Object.assign(document.createElement("dd"), {textContent: what}));
  }
  const tour = Object.assign(document.createElement("button"), {textContent: "Take the tour"});
  tour.onclick = () => { dialog.close(); window.startTour(); };
  tour.hidden = !deepFind(".focus-card", seen);
  dialog.replaceChildren(Object.assign(document.createElement("h2"), {textContent: "Keys"}), list, close, tour);
  dialog.showModal();
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  document.cookie = `specvae-theme=${theme}; path=/; max-age=31536000; SameSite=Lax`;
}

async function copy({text}) {
  const address = text ?? window.location.href;
  try {
    await navigator.clipboard.writeText(address);
  } catch {  // no clipboard without https or localhost
    const field = Object.assign(document.createElement("textarea"), {value: address});
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  toast({text: "The address of this view is copied: paste it to share exactly what you see.", kind: "good"});
}

function offer(blob, name) {
  const link = Object.assign(document.createElement("a"), {href: URL.createObjectURL(blob), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function save({name, mime, data}) {
  offer(new Blob([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], {type: mime}), name);
}

// The views of all figures that can be seen.
function figures(views, found = []) {
  for (const view of views) {
    if (view.model?.type === "Figure" && seen(view.el) && view.el.clientWidth) found.push(view);
    figures(view.child_views ?? [], found);
  }
  return found;
}

function within(element, host) {
  for (let at = element; at; at = at.parentNode ?? at.host) if (at === host) return true;
  return false;
}

// Figures as they stand on the page, as one file: shapes stay shapes in SVG, shaded images are images there too.
async function saveFigures(views, name, kind) {
  const boxes = views.map((view) => view.el.getBoundingClientRect());
  if (!boxes.length) return toast({text: "There is no plot here to save.", kind: "info"});
  const [left, top] = ["x", "y"].map((side) => Math.min(...boxes.map((box) => box[side])));
  const size = [Math.max(...boxes.map((box) => box.right)) - left, Math.max(...boxes.map((box) => box.bottom)) - top];
  const ground = getComputedStyle(document.documentElement).getPropertyValue("--surface");
  const places = views.map((view, i) => ({layer: view.export(kind), x: boxes[i].x - left, y: boxes[i].y - top}));
  const merged = kind === "svg" ? vector(places, size, ground) : await raster(places, size, ground);
  offer(merged, `${name}.${kind}`);
}

function raster(places, [width, height], ground) {
  const ratio = places[0].layer.pixel_ratio;
  const image = Object.assign(document.createElement("canvas"), {width: width * ratio, height: height * ratio});
  const pen = image.getContext("2d");
  pen.fillStyle = ground;
  pen.fillRect(0, 0, image.width, image.height);
  for (const {layer, x, y} of places) pen.drawImage(layer.canvas, x * ratio, y * ratio);
  return new Promise((resolve) => image.toBlob(resolve, "image/png"));
}

function vector(places, [width, height], ground) {
  const parts = places.map(({layer, x, y}) => `<g transform="translate(${x} ${y})">${layer.ctx.get_serialized_svg(true)}</g>`);
  const box = `width="${width}" height="${height}"`;
  const text = `<svg xmlns="http://www.w3.org/2000/svg" ${box}><rect ${box} fill="${ground}"/>${parts.join("")}</svg>`;
  return new Blob([text], {type: "image/svg+xml"});
}

function savePlot({selector, name}) {
  const host = deepFind(selector);
  saveFigures(figures(Bokeh.index.roots).filter((view) => within(view.el, host)), name, pointer.shift ? "svg" : "png");
}

// The figure under the pointer, with those that share its horizontal axis, as residuals do.
function savePointed(kind) {
  const views = figures(Bokeh.index.roots);
  const at = views.find((view) => {
    const box = view.el.getBoundingClientRect();
    return box.left < pointer.x && pointer.x < box.right && box.top < pointer.y && pointer.y < box.bottom;
  });
  if (!at) return toast({text: "Point at a plot, then press s to save it as PNG or S to save it as SVG.", kind: "info"});
  const survey = new URLSearchParams(window.location.search).get("survey") ?? "specvae";
  saveFigures(views.filter((view) => view.model.x_range === at.model.x_range), `${survey}-${at.model.name ?? "plot"}`, kind);
}

// Where style sheets arrive late, Bokeh notes a figure's new size without a new layout, and the figure runs over
// its card for good. So look now and then whether all figures have the size of their places.
function refit() {
  for (const view of figures(Bokeh.index.roots)) {
    const laid = view.layout?.bbox;
    if (laid && (Math.abs(laid.width - view.el.clientWidth) > 1 || Math.abs(laid.height - view.el.clientHeight) > 1)) {
      view.compute_layout();
    }
  }
}

// What the page says when it no longer follows the user, with the way out.
function offerReload(words) {
  if (document.getElementById("failure")) return;
  const note = Object.assign(document.createElement("div"), {id: "failure", role: "alert"});
  const button = Object.assign(document.createElement("button"), {textContent: "Reload"});
  button.onclick = () => window.location.reload();
  note.append(Object.assign(document.createElement("span"), {textContent: words}), button);
  document.body.append(note);
}

// After an error in the browser the page may show anything: Bokeh gives up all that the server sends from then on.
function failed(error) {
  if (!(error instanceof Error)) return;
  offerReload(`This page has stopped following what you do (${error.message}). Reload it: your view is in its address.`);
}

function watchConnection(bokeh) {
  const lost = "The server does not answer: it has ended, or the network is down. Your view is in the address of this page.";
  bokeh.on_event("connection_lost", () => offerReload(lost));
  bokeh.on_event("client_reconnected", () => document.getElementById("failure")?.remove());
}

// Bokeh takes models that the server has added for the browser's own, and would send the first one of them that is
// clicked back as a whole, a plot with all its data. The server's have numbers as names, those made here have not.
function nameOnly(bokeh) {
  const create = bokeh.create_json_patch;
  bokeh.create_json_patch = function (events) {
    for (const model of [...this._new_models]) if (/^p\d+$/.test(model.id)) this._new_models.delete(model);
    return create.call(this, events);
  };
}
window.addEventListener("error", ({error}) => failed(error));
window.addEventListener("unhandledrejection", ({reason}) => failed(reason));

// Bokeh's checkbox is a box beside a text, without a label that joins them.
function tickBeside(event) {
  const [text] = event.composedPath();
  const box = text.tagName === "DIV" && text.getRootNode() instanceof ShadowRoot && text.previousElementSibling;
  if (box && box.matches("input[type=checkbox]")) box.click();
}
document.addEventListener("click", tickBeside);

const REST = 700;  // milliseconds without a hand on the page, after which the server may work ahead
const OFFER = 400;  // milliseconds between two offers to do so

// Where data cost money, what nobody has asked for is not sent.
function offerIdleTime(send) {
  const saving = navigator.connection?.saveData;
  let touched = performance.now(), left = saving ? 0 : 1, asked = false;
  for (const kind of ["pointermove", "pointerdown", "keydown", "wheel"]) {
    document.addEventListener(kind, () => { touched = performance.now(); }, {capture: true, passive: true});
  }
  setInterval(() => {
    const rested = performance.now() - touched;
    if (document.hidden || rested < REST) return;
    window.layOutAway();
    if (left && !asked) send({idle: rested});
    asked = true;  // until the server has answered, which may be busy
  }, OFFER);
  return ({n}) => { left = saving ? 0 : n; asked = false; };
}

export function render({model}) {
  const send = (message) => model.send_msg(message);
  const actions = {
    toast, help, copy, save, savePlot, left: offerIdleTime(send),
    show: ({kind, name}) => stages[kind].show(name),
    // Two frames on, the changes that came before this message are on the screen.
    drawn: ({wait}) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(() => send({drawn: true}))), wait),
    address: ({query}) => window.history.replaceState({}, "", window.location.pathname + query),
    visit: ({query}) => window.location.assign(window.location.pathname + query),
    author: ({name}) => { document.cookie = `specvae-author=${encodeURIComponent(name)}; path=/; max-age=31536000; SameSite=Lax`; },
    theme: ({theme}) => { localStorage.setItem("specvae-theme", theme); setTheme(theme); },
  };
  model.on("msg:custom", (message) => actions[message.action]?.(message));

  document.addEventListener("pointermove", ({x, y}) => Object.assign(pointer, {x, y}), true);
  document.addEventListener("pointerdown", ({x, y, shiftKey}) => Object.assign(pointer, {x, y, shift: shiftKey}), true);
  const answer = (event) => {
    const active = deepActive();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (active && (TYPING.has(active.tagName) || active.isContentEditable)) {
      if (event.key === "Escape") active.blur();
      return;
    }
    if (active?.role === "slider" && event.key.startsWith("Arrow")) return;
    if (document.getElementById("help").open && event.key !== "?") return;
    if (!KEYS.has(event.key) && event.key.length > 1) return;
    if (event.key.toLowerCase() === "s") return savePointed(event.key === "s" ? "png" : "svg");
    if (KEYS.has(event.key) || event.key === "/") event.preventDefault();
    const field = event.key === "/" && deepFind(".search", seen)?.shadowRoot?.querySelector("input");
    if (field) field.focus();  // at once, so that what is typed next arrives there
    else if (!takeTool(event.key)) send({key: event.key});
  };
  document.removeEventListener("keydown", window.keepKey);
  document.addEventListener("keydown", answer);

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const current = () => localStorage.getItem("specvae-theme") ?? (dark.matches ? "dark" : "light");
  dark.addEventListener("change", () => { setTheme(current()); send({theme: current()}); });
  setTheme(current());
  send({theme: current()});
  window.earlyKeys.splice(0).forEach(answer);
  setInterval(refit, 1000);
  Bokeh.documents.forEach((bokeh) => { watchConnection(bokeh); nameOnly(bokeh); });
  window.beginTour(deepFind);
  return document.createElement("span");
}
