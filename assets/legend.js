// Classes as chips that switch on and off, or the scale of a colour. Python is in dashboard/pages/explore/maps/legend.py.

const FEW = 8;  // classes up to which each is switched by itself

export function render({model}) {
  const root = element("div", "legend-root"), panel = element("div", "legend-panel");
  root.append(panel);

  function element(tag, className, text = "") {
    return Object.assign(document.createElement(tag), {className, textContent: text});
  }

  function part(className, ...children) {
    const parent = element("div", className);
    parent.append(...children);
    return parent;
  }

  function chip({name, count, colour, shape, shown}) {
    const button = element("button", `chip mark-${shape}`, `${name}  ${count.toLocaleString("en")}`);
    button.setAttribute("aria-pressed", shown);
    button.style.setProperty("--dot", colour);
    button.onclick = () => model.send_msg({switch: name});
    return button;
  }

  function tool(className, text, title, act) {
    const button = element("button", `chip plain ${className}`, text);
    button.title = title;
    button.onclick = act;
    return button;
  }

  // What acts on all classes; it stays in sight while these scroll.
  function tools(classes, opens) {
    const off = classes.some(({shown}) => !shown), found = [];
    if (classes.length > FEW) {
      found.push(tool("", off ? "show all" : "hide all", "Switch all classes", () => model.send_msg({all: off})));
      found.push(tool("unfold", "", "", () => fold(!panel.classList.contains("open"))));
    }
    if (opens) found.push(tool("", "other classes ›", "Give colours of their own to the next classes", () => model.send_msg({open: true})));
    return found.length ? [part("legend-tools", ...found)] : [];
  }

  function scale({colours, ends}) {
    const bar = part("scale-bar");
    bar.style.background = `linear-gradient(90deg, ${colours.join(", ")})`;
    return part("scale", bar, part("scale-ends", ...ends.map((text) => element("span", "", text))));
  }

  // All rows of classes over what lies beneath, or the first few in their place.
  function fold(open) {
    const {offsetWidth: width, offsetHeight: height} = root;
    Object.assign(root.style, open ? {width: `${width}px`, height: `${height}px`} : {width: "", height: ""});
    panel.classList.toggle("open", open);
    label();
  }

  function label() {
    const button = panel.querySelector(".unfold"), chips = panel.querySelector(".legend-chips");
    if (!button) return;
    const open = panel.classList.contains("open");
    button.hidden = !open && chips.scrollHeight <= chips.clientHeight + 2;
    button.textContent = open ? "fewer rows ▴" : `all ${chips.children.length} ▾`;
    button.title = open ? "Show the first rows only" : "Show all classes at once";
    button.setAttribute("aria-expanded", open);
  }

  const buttons = () => [...panel.querySelectorAll("button")];

  function draw() {
    const {classes, opens, scale: steps} = model.content, list = classes ?? [];
    const focused = buttons().indexOf(root.getRootNode().activeElement);
    const scrolled = panel.firstElementChild?.scrollTop ?? 0;
    if (list.length <= FEW) fold(false);
    panel.replaceChildren(steps ? scale(steps) : part("legend-chips", ...list.map(chip)), ...tools(list, opens));
    panel.firstElementChild.scrollTop = scrolled;
    buttons()[focused]?.focus();
    label();
  }

  model.on("content", draw);
  new ResizeObserver(label).observe(root);
  document.addEventListener("keydown", (event) => event.key === "Escape" && fold(false));
  document.addEventListener("pointerdown", (event) => event.composedPath().includes(root) || fold(false));
  draw();
  return root;
}
