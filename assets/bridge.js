// What only the browser can do: keys, address, theme, clipboard, notices, files to save. Python is in dashboard/bridge.py.

const TYPING = new Set(["INPUT", "TEXTAREA", "SELECT"]);
const KEYS = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Escape"]);

function deepActive(root = document) {
  const active = root.activeElement;
  return active?.shadowRoot ? deepActive(active.shadowRoot) : active;
}

function deepFind(selector, root = document) {
  const found = root.querySelector(selector);
  if (found) return found;
  for (const element of root.querySelectorAll("*")) {
    const inside = element.shadowRoot && deepFind(selector, element.shadowRoot);
    if (inside) return inside;
  }
  return null;
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
  dialog.replaceChildren(Object.assign(document.createElement("h2"), {textContent: "Keys"}), list, close);
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

function save({name, mime, data}) {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], {type: mime}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// Bokeh draws on several stacked canvases with the background left to the page: merge them on the surface's colour.
function savePlot({selector, name}) {
  const canvases = [];
  const gather = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.tagName === "CANVAS" && element.width) canvases.push(element);
      if (element.shadowRoot) gather(element.shadowRoot);
    }
  };
  const host = deepFind(selector);
  if (host) gather(host.shadowRoot ?? host);
  if (!canvases.length) return;
  const area = canvases.reduce((a, b) => (a.width * a.height >= b.width * b.height ? a : b));
  const image = Object.assign(document.createElement("canvas"), {width: area.width, height: area.height});
  const pen = image.getContext("2d");
  pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--surface");
  pen.fillRect(0, 0, image.width, image.height);
  for (const canvas of canvases.filter((c) => c.width === area.width && c.height === area.height)) pen.drawImage(canvas, 0, 0);
  const link = Object.assign(document.createElement("a"), {download: name, href: image.toDataURL("image/png")});
  link.click();
}

// Where style sheets arrive late, Bokeh notes a figure's new size without laying it out anew, and the figure runs over
// its card for good. So look now and then whether all figures have the size of their places.
function refit() {
  const visit = (view) => {
    const laid = view.model?.type === "Figure" && view.layout?.bbox;
    if (laid && view.el.clientWidth && (Math.abs(laid.width - view.el.clientWidth) > 1 || Math.abs(laid.height - view.el.clientHeight) > 1)) {
      view.compute_layout();
    }
    for (const child of view.child_views ?? []) visit(child);
  };
  for (const root of Bokeh.index.roots) visit(root);
}

export function render({model}) {
  const send = (message) => model.send_msg(message);
  const actions = {
    toast, help, copy, save, savePlot,
    address: ({query}) => window.history.replaceState({}, "", window.location.pathname + query),
    theme: ({theme}) => { localStorage.setItem("specvae-theme", theme); setTheme(theme); },
  };
  model.on("msg:custom", (message) => actions[message.action]?.(message));

  document.addEventListener("keydown", (event) => {
    const active = deepActive();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (active && (TYPING.has(active.tagName) || active.isContentEditable)) {
      if (event.key === "Escape") active.blur();
      return;
    }
    if (document.getElementById("help").open && event.key !== "?") return;
    if (!KEYS.has(event.key) && event.key.length > 1) return;
    if (KEYS.has(event.key) || event.key === "/") event.preventDefault();
    const field = event.key === "/" && deepFind(".search")?.shadowRoot?.querySelector("input");
    if (field) field.focus();  // at once, so that what is typed next arrives there
    else send({key: event.key});
  });

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const current = () => localStorage.getItem("specvae-theme") ?? (dark.matches ? "dark" : "light");
  dark.addEventListener("change", () => { setTheme(current()); send({theme: current()}); });
  setTheme(current());
  send({theme: current()});
  setInterval(refit, 1000);
  return document.createElement("span");
}
