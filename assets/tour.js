// A tour of six steps on the real page: a ring around a part, and a card that says what its gestures do. Both let the
// pointer through to the page, so that each gesture can be tried. It is offered once in a browser, and under `?`.

const SEEN = "specvae-tour";

const STEPS = [
  [".corner-card", "Every dot is a spectrum",
   "A model describes each spectrum by a few numbers; each panel shows two of them. Spectra that look alike lie together. Click a panel to enlarge it, a class in the legend to hide it."],
  [".focus-card", "Click a dot",
   "Its spectrum appears below with the model’s reconstruction. The arrow keys step to the next object, the wheel zooms, a double click shows everything again."],
  [".focus-card", "Draw around dots",
   "Press <kbd>l</kbd> and draw a loop: the objects inside are selected. The tab Selection lists them, and saves them as a table."],
  [".focus-card", "Draw a track",
   "Press <kbd>t</kbd> and drag a line through the map: the tab Track shows synthetic spectra along it, and plays them."],
  [".tabs-card", "See what is odd",
   "The tab Outliers lists the objects that fit nowhere, each with a reason. Keys <kbd>0</kbd> to <kbd>5</kbd> mark the object that is shown."],
  [".tabs:not(.small)", "Bring your own",
   "Data takes your files as they are and says what it understood. Train makes a model of them. Press <kbd>?</kbd> for all keys and for this tour."],
];

const make = (tag, classes, text = "") => Object.assign(document.createElement(tag), {className: classes, innerHTML: text});

class Tour {
  constructor(find) {
    this.find = find;
    this.ring = make("div", "tour-ring");
    this.card = make("div", "tour-card");
    this.card.setAttribute("role", "dialog");
    this.escape = (event) => event.key === "Escape" && this.close();
  }

  start() {
    this.close();
    this.before = document.activeElement;
    localStorage.setItem(SEEN, "1");
    document.body.append(this.ring, this.card);
    document.addEventListener("keydown", this.escape);
    this.timer = setInterval(() => this.place(), 250);  // parts of the page move as they are filled
    this.show(0);
  }

  show(step) {
    this.step = step;
    const [, title, text] = STEPS[step];
    this.card.setAttribute("aria-label", title);
    this.card.innerHTML = `<b>${title}</b><p>${text}</p>`;
    const row = make("div", "tour-row", `<span>${step + 1} of ${STEPS.length}</span>`);
    const last = step === STEPS.length - 1;
    row.append(this.button(last ? "" : "Skip", () => this.close()), this.button(step ? "Back" : "", () => this.show(step - 1)),
               this.button(last ? "Done" : "Next", () => (last ? this.close() : this.show(step + 1)), "main"));
    this.card.append(row);
    this.place();
    row.querySelector(".main").focus();
  }

  button(text, act, classes = "") {
    const button = make("button", classes, text);
    button.hidden = !text;
    button.onclick = act;
    return button;
  }

  place() {
    const part = this.find(STEPS[this.step][0], (element) => element.checkVisibility());
    this.ring.hidden = !part;
    const box = part ? part.getBoundingClientRect() : new DOMRect(innerWidth / 2, innerHeight / 2);
    Object.assign(this.ring.style, {left: `${box.x - 3}px`, top: `${box.y - 3}px`, width: `${box.width}px`, height: `${box.height}px`});
    const {offsetWidth: width, offsetHeight: height} = this.card;
    const below = box.bottom + 14 + height < innerHeight;
    const beside = box.right + 14 + width < innerWidth;
    const left = below ? box.x : beside ? box.right + 14 : box.x - width - 14;
    const top = below ? box.bottom + 14 : box.y + 14;
    this.card.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
    this.card.style.top = `${Math.max(8, Math.min(top, innerHeight - height - 8))}px`;
  }

  close() {
    clearInterval(this.timer);
    document.removeEventListener("keydown", this.escape);
    this.ring.remove();
    this.card.remove();
    this.before?.focus();  // the keys go on where they were
    this.before = null;
  }
}

// Ask once whether a newcomer wants it, while there is a map to show.
function invite(tour) {
  if (localStorage.getItem(SEEN)) return;
  const note = make("div", "tour-invite", "<span>New here? Six steps show what each gesture does.</span>");
  const answer = (act) => () => { clearInterval(waiting); localStorage.setItem(SEEN, "1"); note.remove(); act(); };
  note.append(tour.button("Take the tour", answer(() => tour.start()), "main"), tour.button("No, thanks", answer(() => {})));
  note.hidden = true;
  document.body.append(note);
  const mapped = (element) => element.clientHeight > 100 && element.checkVisibility();
  const waiting = setInterval(() => { note.hidden = !tour.find(".focus-card", mapped); }, 500);  // on Explore alone
}

window.beginTour = (find) => {
  const tour = new Tour(find);
  window.startTour = () => tour.start();
  invite(tour);
};
