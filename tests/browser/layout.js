// What does not fit on a page, as the browser has laid it out, and what a screen reader could not name.

const inner = (one) => one.shadowRoot ?? one;
const up = (one) => one.assignedSlot ?? one.parentNode ?? one.host ?? null;
const all = (root, found = []) => {
  for (const one of root.querySelectorAll("*")) {
    found.push(one);
    if (one.shadowRoot) all(one.shadowRoot, found);
  }
  return found;
};
const seen = (one) => one.checkVisibility({opacityProperty: true, visibilityProperty: true});
const words = (one) => (one.getAttribute("aria-label") ?? one.innerText ?? "").trim().replace(/\s+/g, " ").slice(0, 40);
const where = (one) => {
  const classes = [];
  for (let at = one; at; at = up(at)) {
    if (at.shadowRoot && at.classList.length) classes.unshift([...at.classList].filter((name) => !name.startsWith("bk-"))[0]);
  }
  return `${classes.filter(Boolean).slice(-2).join(" ")} <${one.tagName.toLowerCase()}> ${words(one)}`;
};

// Texts and controls that are cut off without a way to scroll to them, or that lie on each other.
function mislaid() {
  const CONTROLS = "button, input, select, textarea, a[href]";
  // The part of a box that its surroundings let through, and whether what is cut can be reached by scrolling.
  const shown = (one, box) => {
    const part = {left: box.left, right: box.right, top: box.top, bottom: box.bottom, cut: false};
    let x = true, y = true;  // nothing scrolls so far
    for (let at = one; at; at = up(at)) {
      if (!(at instanceof Element)) continue;
      const {overflowX, overflowY, position} = getComputedStyle(at);
      if (at !== one || !one.matches(CONTROLS)) {
        const around = at.getBoundingClientRect();
        if (overflowX !== "visible") {
          if (x && overflowX !== "auto" && overflowX !== "scroll" && (part.right > around.right + 1.5 || part.left < around.left - 1.5)) part.cut = true;
          if (overflowX === "auto" || overflowX === "scroll") x = false;
          part.left = Math.max(part.left, around.left); part.right = Math.min(part.right, around.right);
        }
        if (overflowY !== "visible") {
          if (y && overflowY !== "auto" && overflowY !== "scroll" && (part.bottom > around.bottom + 3 || part.top < around.top - 3)) part.cut = true;
          if (overflowY === "auto" || overflowY === "scroll") y = false;
          part.top = Math.max(part.top, around.top); part.bottom = Math.min(part.bottom, around.bottom);
        }
      }
      if (position === "fixed") break;
    }
    if (x && part.right > innerWidth + 1 || y && part.bottom > innerHeight + 1) part.cut = true;
    return part;
  };
  const textBox = (one, lines = false) => {
    const range = document.createRange(), boxes = [];
    for (const node of one.childNodes) if (node.nodeType === 3 && node.data.trim()) {
      range.selectNodeContents(node);
      boxes.push(...range.getClientRects());
    }
    if (!boxes.length) return null;
    if (lines) return boxes;
    const side = (name, pick) => pick(...boxes.map((box) => box[name]));
    return {left: side("left", Math.min), right: side("right", Math.max), top: side("top", Math.min), bottom: side("bottom", Math.max)};
  };
  const found = [], places = [];
  for (const one of all(document.body)) {
    if (!seen(one) || one.closest("svg, script, style, option, dialog, #skeleton, #toasts, .bk-Tooltip, .bk-Canvas, .bk-spin-btn")) continue;
    const control = one.matches(CONTROLS), box = control ? one.getBoundingClientRect() : textBox(one);
    if (!box || box.right - box.left < 2 || box.bottom - box.top < 2) continue;
    if (!control && up(one) instanceof Element && one.closest("button, a[href]")) continue;
    const style = getComputedStyle(one), part = shown(one, box);
    const dotted = style.textOverflow === "ellipsis";  // a cut that says so
    if (part.cut && !dotted) found.push(`cut: ${where(one)}`);
    if (one.matches("button, select") && one.scrollWidth > one.clientWidth + 2 && !dotted && style.fontSize !== "0px") found.push(`too narrow: ${where(one)}`);
    if (part.right - part.left < 2 || part.bottom - part.top < 2) continue;
    for (const line of control ? [box] : textBox(one, true)) places.push([one, shown(one, line)]);
  }
  const within = (one, other) => { for (let at = one; at; at = up(at)) if (at === other) return true; return false; };
  for (const [i, [one, a]] of places.entries()) for (const [other, b] of places.slice(i + 1)) {
    const width = Math.min(a.right, b.right) - Math.max(a.left, b.left), height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    const least = Math.min((a.right - a.left) * (a.bottom - a.top), (b.right - b.left) * (b.bottom - b.top));
    if (width < 2 || height < 3 || width * height < 0.15 * least || within(one, other) || within(other, one)) continue;
    found.push(`overlap: ${where(one)} | ${where(other)}`);
  }
  return [...new Set(found)];
}

// Controls without a name, or out of the keyboard's reach.
function nameless() {
  const name = (one) => [
    one.getAttribute("aria-label"), one.labels?.[0]?.textContent, one.tagName === "SELECT" ? "" : one.innerText, one.title, one.placeholder,
    one.tagName === "INPUT" && ["button", "submit"].includes(one.type) ? one.value : "",
    one.getAttribute("aria-labelledby") && one.getRootNode().getElementById(one.getAttribute("aria-labelledby"))?.textContent,
    one.closest("label")?.textContent,
  ].some((text) => text && text.trim());
  return all(document.body)
    .filter((one) => one.matches("button, a[href], input, select, textarea, summary, [role=slider], [role=button], [role=option], [role=tab]"))
    .filter((one) => seen(one) && !one.disabled)
    .flatMap((one) => [...(name(one) ? [] : [`nameless: ${where(one)}`]), ...(one.tabIndex < 0 && !one.matches("[role=option]") ? [`not by Tab: ${where(one)}`] : [])]);
}
