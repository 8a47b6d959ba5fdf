// The object under the pointer. One question at a time is on its way; where the pointer has moved on meanwhile, only its
// last place is asked for next. Python is in dashboard/widgets/hover_card.py.

const SVG = "http://www.w3.org/2000/svg";
const PATIENCE = 5000;  // milliseconds, after which an answer is no longer expected

function findFigure(name, views = Bokeh.index.roots) {
  for (const view of views) {
    if (view.model?.name === name) return view;
    const inside = findFigure(name, view.child_views ?? []);
    if (inside) return inside;
  }
  return null;
}

function part(name, className, text = "") {
  return Object.assign(document.createElement(name), {className, textContent: text});
}

function spectrum(points) {
  const svg = document.createElementNS(SVG, "svg"), curve = document.createElementNS(SVG, "polyline");
  svg.setAttribute("viewBox", "0 0 100 40");
  svg.setAttribute("preserveAspectRatio", "none");
  curve.setAttribute("points", points);
  svg.append(curve);
  return svg;
}

export function render({model}) {
  const card = part("div", "hover-note"), mark = part("div", "hover-mark");
  card.setAttribute("role", "tooltip");
  let view = null, asked = 0, waiting = null, pointer = null;

  function hide() {
    waiting = pointer = null;
    card.remove();
    mark.remove();
  }

  // The figure's view and the pointer in its frame; null where the pointer is elsewhere, or drags.
  function over(event) {
    if (!view?.el.isConnected) view = findFigure(model.figure);
    if (view == null || event.buttons || !event.composedPath().includes(view.el)) return null;
    const box = view.canvas_view.el.getBoundingClientRect(), {bbox, x_scale, y_scale} = view.frame;
    const [x, y] = [event.clientX - box.x, event.clientY - box.y];
    return bbox.contains(x, y) ? {x: x_scale.invert(x), y: y_scale.invert(y)} : null;
  }

  function ask(place) {
    if (asked && performance.now() - asked < PATIENCE) { waiting = place; return; }
    asked = performance.now();
    waiting = null;
    model.send_msg(place);
  }

  function show({x, y, id, lines, points}) {
    const head = part("b", "", id);
    const rows = lines.map(({text, colour}) => {
      const row = part("div", "hover-line", text);
      if (colour) { const dot = part("i", "dot"); dot.style.background = colour; row.prepend(dot); }
      return row;
    });
    card.replaceChildren(head, ...rows, ...(points ? [spectrum(points)] : []));
    document.body.append(card, mark);
    const box = view.canvas_view.el.getBoundingClientRect();
    mark.style.left = `${box.x + view.frame.x_scale.compute(x)}px`;
    mark.style.top = `${box.y + view.frame.y_scale.compute(y)}px`;
    const beside = (at, size, room) => at + 16 + size < room ? at + 16 : Math.max(0, at - 16 - size);
    card.style.left = `${beside(pointer.x, card.offsetWidth, innerWidth)}px`;
    card.style.top = `${beside(pointer.y, card.offsetHeight, innerHeight)}px`;
  }

  document.addEventListener("pointermove", (event) => {
    const place = over(event);
    if (place == null) return hide();
    pointer = {x: event.clientX, y: event.clientY};
    ask(place);
  }, {capture: true, passive: true});
  document.addEventListener("pointerdown", hide, true);
  document.addEventListener("wheel", hide, {capture: true, passive: true});
  document.addEventListener("keydown", hide, true);

  model.on("msg:custom", ({found}) => {
    asked = 0;
    if (pointer != null) {
      if (found) show(found);
      else { card.remove(); mark.remove(); }
    }
    if (waiting != null) ask(waiting);
  });
  return document.createElement("span");
}
