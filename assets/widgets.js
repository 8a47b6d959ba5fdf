// Bokeh lets a widget hear of changes before it has drawn it for the first time. Such a change finds no element and
// throws, and with it the rest of the server's message is lost, changes of other widgets too. Here it waits.

{
  let view = Bokeh.Models.get("Button").prototype.default_view;
  while (view.__name__ !== "WidgetView") view = Object.getPrototypeOf(view);
  const {connect, r_after_render} = view.prototype;
  const waiting = new WeakMap();

  view.prototype.connect = function (signal, slot) {
    if (!this._slots.has(slot)) this._slots.set(slot, (args, sender) => {
      const answer = () => this._await_ready(Promise.resolve(slot.call(this, args, sender)));
      try { answer(); } catch (error) {  // tried first: what makes a widget visible leads to its drawing
        if (this._was_built) throw error;
        waiting.set(this, (waiting.get(this) ?? new Map()).set(slot, answer));
      }
    });
    return connect.call(this, signal, slot);
  };

  view.prototype.r_after_render = function () {
    r_after_render.call(this);
    const answers = waiting.get(this);
    waiting.delete(this);
    answers?.forEach((answer) => answer());
  };
}

// Names for screen readers, which Bokeh gives neither to buttons that bear a sign alone, nor to boxes and sliders; and
// which buttons are on.
{
  const SIGNS = {"▶": "Play", "❚❚": "Pause"};
  const after = (model, base, method, act) => {
    let view = Bokeh.Models.get(model).prototype.default_view;
    while (view.__name__ !== base) view = Object.getPrototypeOf(view);
    const original = view.prototype[method];
    view.prototype[method] = function () {
      original.call(this);
      act(this, this.shadow_el);
    };
  };
  const named = (model, base, name) => after(model, base, "render", name);
  const label = (elements, text) => elements.forEach((one) => text && one.setAttribute("aria-label", text));
  named("Button", "AbstractButtonView", ({model}, root) => {
    const said = model.tooltip?.content ?? SIGNS[model.label];
    if (typeof said === "string" && !/\p{L}{2}/u.test(model.label)) label(root.querySelectorAll("button"), said);
  });
  named("Checkbox", "CheckboxView", ({model}, root) => label(root.querySelectorAll("input"), model.label));
  named("Spinner", "SpinnerView", ({model}, root) => {
    label(root.querySelectorAll(".bk-spin-btn-up"), `${model.title} up`);
    label(root.querySelectorAll(".bk-spin-btn-down"), `${model.title} down`);
  });
  named("Slider", "AbstractSliderView", ({model}, root) => label(root.querySelectorAll(".noUi-handle"), model.title));
  const pressed = ({_buttons, button_el}) => {
    for (const one of _buttons ?? [button_el]) one.setAttribute("aria-pressed", one.classList.contains("bk-active"));
  };
  after("Canvas", "CanvasView", "render", ({events_el}) => { events_el.tabIndex = -1; });  // figures answer no keys
  for (const name of ["RadioButtonGroup", "CheckboxButtonGroup", "Toggle"]) after(name, `${name}View`, "_update_active", pressed);
}

// Bokeh lays out every figure of the document, those of hidden pages too, once for each change in a message, and again as
// a whole where anything changes its size. Here a part that takes turns with others (assets/stage.js) is laid out by
// itself, once a frame, and while it is away not before it comes back or nobody touches the page. So is what else is hidden.
{
  let view = Bokeh.Models.get("Column").prototype.default_view;
  while (view.__name__ !== "LayoutDOMView") view = Object.getPrototypeOf(view);
  const stages = Object.values(window.stages);
  const laidOut = new WeakSet(), changed = new Set(), resized = new Set();
  let current = null;  // the part whose layout is under way
  let planned = false;

  const isPart = (one) => !(one.parent instanceof view) || stages.some((stage) => stage.holds(one.el));
  const isAway = (one) => laidOut.has(one) && stages.some((stage) => stage.isAway(one.el));
  const partOf = (one) => isPart(one) ? one : partOf(one.parent);
  const waits = (one) => laidOut.has(one) &&
    (!one.model.visible && !one.is_displayed || current !== null && current !== one && isPart(one));

  const unlessItWaits = (name, skipped, then = () => {}) => {
    const original = view.prototype[name];
    view.prototype[name] = function () {
      if (waits(this)) return skipped;
      const answer = original.call(this);
      then(this);
      return answer;
    };
  };
  for (const name of ["update_layout", "measure_layout", "_compute_layout"]) unlessItWaits(name);
  unlessItWaits("update_bbox", false);
  unlessItWaits("after_layout", undefined, (one) => laidOut.add(one));

  const layOut = (part) => {
    const former = current;
    current = part;
    try {
      if (changed.delete(part)) part.update_layout();  // sizes change only after all that is new has a layout
      resized.delete(part);
      part.measure_layout();
      part.update_bbox();
      part._compute_layout();
      part.after_layout();
      part._layout_computed = true;
    } finally { current = former; }
  };
  const layOutChanged = () => {
    planned = false;
    changed.forEach((part) => isAway(part) || layOut(part));
  };

  view.prototype.invalidate_layout = function () {
    const part = partOf(this);
    changed.add(part);
    if (!part._layout_computed && !(part.parent instanceof view)) return layOut(part);
    if (!planned) requestAnimationFrame(layOutChanged);
    planned = true;
  };
  view.prototype.compute_layout = function () {
    const part = partOf(this);
    if (isAway(part)) resized.add(part);
    else if (!laidOut.has(this) || this.el.checkVisibility()) layOut(part);  // a hidden plot has no size, and asks at each change
  };
  const {update_bbox} = view.prototype;
  view.prototype.update_bbox = function () {
    if (current !== null) return update_bbox.call(this);
    if (isAway(this)) {
      resized.add(this);
      return false;
    }
    current = partOf(this);  // a part within it notices its new size by itself, and is laid out then
    try { return update_bbox.call(this); } finally { current = null; }
  };
  const catchUp = (concerns) => {
    const part = [...changed, ...resized].find(concerns);
    if (part) layOut(part);
  };
  document.addEventListener("turned", ({detail}) => catchUp((part) => part.el === detail));
  window.layOutAway = () => catchUp(isAway);  // one at a time, while nobody touches the page
}
