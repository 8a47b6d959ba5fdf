// Small spectra side by side; a click opens one. Python is in dashboard/pages/explore/strip.py.

const SVG = "http://www.w3.org/2000/svg";

export function render({model}) {
  const root = Object.assign(document.createElement("div"), {className: "strip-root"});

  function curve(points, className) {
    const line = document.createElementNS(SVG, "polyline");
    line.setAttribute("points", points);
    line.setAttribute("class", className);
    return line;
  }

  function tile({id, head, note, why, points, other, residual}) {
    const button = Object.assign(document.createElement("button"), {className: "strip-tile", title: why || id, onclick: () => model.send_msg({open: id})});
    button.setAttribute("aria-pressed", id === model.active);
    const plot = document.createElementNS(SVG, "svg");
    plot.setAttribute("viewBox", "0 0 100 40");
    plot.setAttribute("preserveAspectRatio", "none");
    if (other) plot.append(curve(other, "strip-other"));
    plot.append(curve(points, "strip-curve"));
    const text = (className, content) => Object.assign(document.createElement("span"), {className, textContent: content});
    const below = document.createElementNS(SVG, "svg");
    below.setAttribute("viewBox", "0 0 100 40");
    below.setAttribute("preserveAspectRatio", "none");
    below.setAttribute("class", "residual");
    if (residual) below.append(curve("0,20 100,20", "strip-zero"), curve(residual, "strip-residual"));
    button.append(text("strip-head", head), plot, ...(residual ? [below] : []), text("strip-note", note), text("strip-why", why));
    return button;
  }

  function draw() {
    root.replaceChildren(...model.items.map(tile));
    mark();
  }

  function mark() {
    for (const [i, element] of [...root.children].entries()) {
      const on = model.items[i].id === model.active;
      element.setAttribute("aria-pressed", on);
      if (on) element.scrollIntoView({block: "nearest", inline: "nearest"});
    }
  }

  model.on("items", draw);
  model.on("active", mark);
  draw();
  return root;
}
