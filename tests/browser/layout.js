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
  const looks = new Map();  // of elements, asked for once: each surrounds many texts
  const look = (at) => {
    if (!looks.has(at)) {
      const {overflowX, overflowY, position} = getComputedStyle(at);
      looks.set(at, {overflowX, overflowY, position, around: at.getBoundingClientRect()});
    }
    return looks.get(at);
  };
  // The part of a box that its surroundings let through, and whether what is cut can be reached by scrolling.
  const shown = (one, box) => {
    const part = {left: box.left, right: box.right, top: box.top, bottom: box.bottom, cut: false};
    let x = true, y = true;  // nothing scrolls so far
    for (let at = one; at; at = up(at)) {
      if (!(at instanceof Element)) continue;
      const {overflowX, overflowY, position, around} = look(at);
      if (at !== one || !one.matches(CONTROLS)) {
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

// Texts with a contrast below that of WCAG 2.1, level AA: 4.5, and 3 where letters are large. What cannot be used is exempt.
function faint() {
  const colour = (text) => {
    const numbers = text.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
    const [r, g, b, a = 1] = numbers;
    return text.startsWith("color(srgb") ? [255 * r, 255 * g, 255 * b, a] : [r, g, b, a];
  };
  const over = ([r, g, b, a], ground) => [...[r, g, b].map((one, i) => one * a + ground[i] * (1 - a)), 1];
  const light = (rgb) => rgb.slice(0, 3).map((one) => one / 255)
    .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, i) => sum + [0.2126, 0.7152, 0.0722][i] * one, 0);
  const contrast = (first, second) => {
    const [low, high] = [light(first), light(second)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const chain = (one) => {
    const found = [];
    for (let at = one; at; at = up(at)) if (at instanceof Element) found.push(at);
    return found;
  };
  const found = new Set();
  for (const one of all(document)) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const field = one.matches("input:not([type=checkbox], [type=radio], [type=range], [type=file]), textarea, select");
    if (!(own || field) || one.matches("style, script, option, title") || !seen(one)) continue;
    const above = chain(one), box = one.getBoundingClientRect();
    if (!box.width || above.some((at) => at.disabled || at.getAttribute("aria-disabled") === "true")) continue;
    const style = getComputedStyle(one);
    const empty = field && !one.matches("select") && !one.value;
    if (empty && !one.placeholder) continue;
    const hint = empty ? getComputedStyle(one, "::placeholder") : null;
    let ground = over(colour(getComputedStyle(document.body).backgroundColor), [255, 255, 255, 1]), strength = hint ? +hint.opacity : 1;
    for (const at of [...above].reverse()) {
      ground = over(colour(getComputedStyle(at).backgroundColor), ground);
      strength *= +getComputedStyle(at).opacity;
    }
    if (!strength) continue;
    const ink = colour(hint ? hint.color : one instanceof SVGElement ? style.fill : style.color);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
    const ratio = contrast(over([...ink.slice(0, 3), ink[3] * strength], ground), ground);
    if (ratio < (large ? 3 : 4.5) - 0.01) found.add(`faint: ${ratio.toFixed(2)} ${where(one)} ${hint ? one.placeholder : ""}`);
  }
  return [...found];
}
