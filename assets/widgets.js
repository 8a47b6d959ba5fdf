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
  for (const name of ["RadioButtonGroup", "CheckboxButtonGroup", "Toggle"]) after(name, `${name}View`, "_update_active", pressed);
}

// Bokeh lays out every figure of the document, those of hidden pages too, once for each change in a message. While a
// job ran that took most of a browser's time. Here what is hidden waits until it is shown, and a frame is laid out once.
{
  let view = Bokeh.Models.get("Column").prototype.default_view;
  while (view.__name__ !== "LayoutDOMView") view = Object.getPrototypeOf(view);
  const laidOut = new WeakSet(), asked = new Set();
  const unlessHidden = (name, skipped, then = () => {}) => {
    const original = view.prototype[name];
    view.prototype[name] = function () {
      if (!this.model.visible && laidOut.has(this) && !this.is_displayed) return skipped;
      const answer = original.call(this);
      then(this);
      return answer;
    };
  };
  for (const name of ["update_layout", "measure_layout", "_compute_layout"]) unlessHidden(name);
  unlessHidden("update_bbox", false);
  unlessHidden("after_layout", undefined, (one) => laidOut.add(one));

  const {invalidate_layout, compute_layout} = view.prototype;
  view.prototype.invalidate_layout = function () {
    if (this.parent instanceof view || !this._layout_computed) return invalidate_layout.call(this);
    if (!asked.size) requestAnimationFrame(() => [...asked].forEach((root) => root.compute_layout()));
    asked.add(this);
  };
  view.prototype.compute_layout = function () {
    if (asked.delete(this)) this.update_layout();  // sizes change only after all that is new has a layout
    return compute_layout.call(this);
  };
}
