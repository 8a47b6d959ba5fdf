"""Scripts that `browser` runs in the page."""

SHOWN = """() => {
  const document_ = Bokeh.documents.find((one) => one.get_model_by_name("corner") != null);
  return document_ != null && document_.get_model_by_name("corner").renderers
    .find((one) => one.name === "images").data_source.data.x.length > 0;
}"""

POINTS = """() => {
  const document_ = Bokeh.documents.find((one) => one.get_model_by_name("focus") != null);
  const model = document_.get_model_by_name("focus"), view = Bokeh.index.find_one(model);
  const box = view.canvas_view.el.getBoundingClientRect(), {x_scale, y_scale} = view.frame;
  const {x_range, y_range} = model, place = [];
  for (let i = 1; i < 9; i++) for (let j = 1; j < 9; j++)
    place.push([box.x + x_scale.compute(x_range.start + i * (x_range.end - x_range.start) / 9),
                box.y + y_scale.compute(y_range.start + j * (y_range.end - y_range.start) / 9)]);
  return place;
}"""

IMAGES = """() => {
  const document_ = Bokeh.documents.find((one) => one.get_model_by_name("corner") != null);
  const images = document_.get_model_by_name("corner").renderers.find((one) => one.name === "images");
  const next = (then) => requestAnimationFrame(() => requestAnimationFrame(then));  // it has been painted by then
  images.data_source.properties.data.change.connect(() => next(() => { window.drawn = performance.now(); }));
}"""

VISIT = """([title, name]) => new Promise((done) => {
  const main = document.querySelector("main .main").shadowRoot;
  const inView = (one) => one.clientHeight > 0 && one.checkVisibility({visibilityProperty: true});
  const pages = () => [...main.children].filter(inView);
  const clicked = performance.now();
  let skeleton = null;
  const next = (then) => requestAnimationFrame(() => requestAnimationFrame(then));  // it has been painted by then
  const look = () => {
    const seen = pages().flatMap((one) => [...one.classList]).filter((one) => one.startsWith("page-"));
    if (seen.every((one) => one === `page-${name}`)) skeleton ??= performance.now() - clicked;
    if (seen.includes(`page-${name}`)) next(() => done([skeleton, performance.now() - clicked]));
    else requestAnimationFrame(look);
  };
  const find = (root) => [...root.querySelectorAll("*")].flatMap((one) => {
    const here = one.tagName === "BUTTON" && one.textContent.trim() === title ? [one] : [];
    return one.shadowRoot ? [...here, ...find(one.shadowRoot)] : here;
  });
  document.dispatchEvent(new PointerEvent("pointerdown"));  // a hand is on the page
  find(document)[0].click();
  requestAnimationFrame(() => setTimeout(look));  // the first frame after the click
})"""
"""Clicks a word of the navigation; milliseconds until the former page is gone, and until the new one is painted."""

HOVER = """() => {
  window.looked = null;
  new MutationObserver(() => { if (document.querySelector(".hover-note")) window.looked = performance.now(); })
    .observe(document.body, {childList: true});
  window.addEventListener("pointermove", () => { window.moved ??= performance.now(); }, true);
}"""

WATCH = """() => {
  const document_ = Bokeh.documents.find((one) => one.get_model_by_name("spectrum") != null);
  window.drawn = null;
  for (const one of document_.get_model_by_name("spectrum").renderers)
    if (one.data_source) one.data_source.properties.data.change.connect(() => { window.drawn = performance.now(); });
  window.addEventListener("pointerup", () => { window.tapped = performance.now(); window.drawn = null; }, true);
}"""
