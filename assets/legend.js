// Classes as chips that switch on and off, or the scale of a colour. Python is in dashboard/explore/legend.py.

export function render({model}) {
  const root = Object.assign(document.createElement("div"), {className: "legend-root"});

  function part(className, ...children) {
    const element = Object.assign(document.createElement("div"), {className});
    element.append(...children);
    return element;
  }

  function chip({name, count, colour, shape, shown}) {
    const text = `${name}  ${count.toLocaleString("en")}`;
    const element = Object.assign(document.createElement("button"), {className: `chip mark-${shape}`, textContent: text});
    element.setAttribute("aria-pressed", shown);
    element.style.setProperty("--dot", colour);
    element.onclick = () => model.send_msg({switch: name});
    return element;
  }

  // Gives the classes behind the last chip colours of their own.
  function opener() {
    const element = Object.assign(document.createElement("button"), {className: "chip plain", textContent: "other classes ›"});
    element.title = "Give colours of their own to the next classes";
    element.onclick = () => model.send_msg({open: true});
    return element;
  }

  function scale({colours, ends}) {
    const bar = part("scale-bar");
    bar.style.background = `linear-gradient(90deg, ${colours.join(", ")})`;
    const texts = ends.map((text) => Object.assign(document.createElement("span"), {textContent: text}));
    return part("scale", bar, part("scale-ends", ...texts));
  }

  function draw() {
    const {classes, opens, scale: steps} = model.content;
    const focused = [...root.children].indexOf(root.getRootNode().activeElement);
    root.replaceChildren(...(steps ? [scale(steps)] : (classes ?? []).map(chip)));
    if (opens) root.append(opener());
    root.children[focused]?.focus();
  }

  model.on("content", draw);
  draw();
  return root;
}
