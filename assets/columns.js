// Small histograms, linked by a filter: a drag over one, or a click on a word. Python is in dashboard/pages/explore/columns.py.

const SVG = "http://www.w3.org/2000/svg", WIDTH = 150, HEIGHT = 46;

export function render({model}) {
  const root = Object.assign(document.createElement("div"), {className: "histograms-root"});
  const element = (tag, attributes, ...children) => {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  const make = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  function bars(counts, className) {
    const most = Math.max(...counts, 1), step = WIDTH / counts.length;
    return counts.map((count, i) => {
      const height = HEIGHT * count / most;
      return element("rect", {x: i * step, y: HEIGHT - height, width: Math.max(step - 0.6, 0.4), height, class: className});
    });
  }

  function numbers(item) {
    const plot = element("svg", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "slider", "aria-label": `brush ${item.name}`},
      ...bars(item.all, "bar-all"), ...(item.chosen.length ? bars(item.chosen, "bar-chosen") : []));
    const brush = element("rect", {y: 0, height: HEIGHT, class: "bar-brush"});
    plot.append(brush);
    const draw = (a, b) => { brush.setAttribute("x", Math.min(a, b) * WIDTH); brush.setAttribute("width", Math.abs(b - a) * WIDTH); };
    if (item.brush.length) draw(...item.brush);
    const share = (event) => {
      const box = plot.getBoundingClientRect();
      return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    };
    let from = null;
    plot.onpointerdown = (event) => { from = share(event); plot.setPointerCapture(event.pointerId); };
    plot.onpointermove = (event) => { if (from !== null) draw(from, share(event)); };
    plot.onpointerup = (event) => {
      const to = share(event), column = item.name;
      model.send_msg(Math.abs(to - from) < 0.01 ? {column, clear: true} : {column, brush: [from, to]});
      from = null;
    };
    const ends = make("div", {className: "histogram-ends"}, make("span", {textContent: item.ends[0]}), make("span", {textContent: item.ends[1]}));
    return [plot, ends];
  }

  function words(item) {
    const most = Math.max(...item.all, 1);
    return item.words.map((word, i) => {
      const chosen = item.chosen.length ? item.chosen[i] : item.all[i];
      const bar = make("button", {className: "histogram-word", title: `${word}: ${chosen} of ${item.all[i]}`, onclick: () => model.send_msg({column: item.name, word})},
        make("i", {style: `width: ${100 * item.all[i] / most}%`}), make("b", {style: `width: ${100 * chosen / most}%`}), make("span", {textContent: word}));
      bar.setAttribute("aria-pressed", item.ticked.includes(word));
      return bar;
    });
  }

  function draw() {
    root.replaceChildren(...model.items.map((item) => {
      const brushed = item.brush.length || item.ticked.length;
      const clear = make("button", {className: "filter-clear", textContent: "×", title: brushed ? "Take this brush away" : "Take this histogram away",
        onclick: () => model.send_msg({column: item.name, clear: true, remove: !brushed})});
      const head = make("div", {className: "histogram-head"}, make("span", {textContent: item.name, title: item.name}), clear);
      return make("div", {className: "histogram"}, head, ...(item.words.length ? words(item) : numbers(item)));
    }));
  }

  model.on("items", draw);
  draw();
  return root;
}
