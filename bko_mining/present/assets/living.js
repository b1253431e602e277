// What the living views share: measures to choose, tips to hover, things to pick, pictures to take away. No dependency.

const SVG = "http://www.w3.org/2000/svg";

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  return filled(made, attributes, children);
}

function shape(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function button(text, title, act) {
  const made = element("button", { type: "button", title, "aria-label": title }, text);
  made.addEventListener("click", act);
  return made;
}

class Living {
  file = "process-map";

  constructor(host, atlas, hooks) {
    this.host = host;
    this.atlas = atlas;
    this.hooks = hooks;
    this.words = atlas.words;
    this.measure = hooks.measure || atlas.measures[0]?.key;
    this.picked = new Set((hooks.picked ?? []).map((pick) => JSON.stringify(pick)));
    this.tip = element("div", { class: "bko-tip", role: "tooltip", hidden: "" });
    this.legend = element("div", { class: "bko-legend" });
    this.picks = element("p", { class: "bko-picks", "aria-live": "polite" });
    this.root = element("div", { class: "bko-map", lang: atlas.language.replace("_", "-") });
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.hideTip());
  }

  measureChoice() {
    const group = element("fieldset", { class: "bko-measures" }, element("legend", {}, this.words.show));
    const name = `bko-${Math.random().toString(36).slice(2)}`;
    for (const { key, label } of this.atlas.measures) {
      const input = element("input", { type: "radio", name, value: key });
      input.checked = key === this.measure;
      input.addEventListener("change", () => this.setMeasure(key));
      input.addEventListener("keydown", (event) => event.stopPropagation());
      group.append(element("label", {}, input, element("span", {}, label)));
    }
    return group;
  }

  setPicked(picked) {
    this.picked = new Set(picked.map((pick) => JSON.stringify(pick)));
    this.markPicked();
  }

  toggle(pick) {
    const key = JSON.stringify(pick);
    this.picked.has(key) ? this.picked.delete(key) : this.picked.add(key);
    this.markPicked();
    this.hooks.onPick?.([...this.picked].map((text) => JSON.parse(text)));
  }

  listen(group, pick, rows) {
    group.setAttribute("tabindex", 0);
    group.setAttribute("role", "button");
    group.dataset.pick = JSON.stringify(pick);
    group.addEventListener("click", () => this.toggle(pick));
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      this.toggle(pick);
    });
    for (const name of ["pointermove", "focus"]) {
      group.addEventListener(name, (event) => this.showTip(rows(), name === "focus" ? group : event));
    }
    for (const name of ["pointerleave", "blur"]) group.addEventListener(name, () => this.hideTip());
  }

  tipRows(kind, title, values) {
    const labels = this.atlas.labels[kind];
    const rows = values.map((value, place) => element("tr", {}, element("th", {}, labels[place]), element("td", {}, value)));
    return [element("b", {}, title), element("table", {}, element("tbody", {}, ...rows))];
  }

  showTip(content, source) {
    this.tip.replaceChildren(...content);
    this.tip.hidden = false;
    const stage = this.tip.parentElement.getBoundingClientRect();
    const box = source.getBoundingClientRect?.();
    const [x, y] = box ? [box.left + box.width / 2, box.top + box.height / 2] : [source.clientX, source.clientY];
    const { offsetWidth: wide, offsetHeight: high } = this.tip;
    const left = Math.max(4, Math.min(x - stage.left + 14, stage.width - wide - 6));
    const below = y - stage.top + 14;
    this.tip.style.left = `${left}px`;
    this.tip.style.top = `${below + high > stage.height ? Math.max(4, y - stage.top - high - 14) : below}px`;
  }

  hideTip() {
    this.tip.hidden = true;
  }

  markPicked() {
    for (const group of this.root.querySelectorAll("[data-pick]")) {
      const on = this.picked.has(group.dataset.pick);
      group.classList.toggle("bko-picked", on);
      group.setAttribute("aria-pressed", on);
    }
    this.root.classList.toggle("bko-some-picked", this.picked.size > 0);
    const names = [...this.picked].map((text) => [JSON.parse(text)].flat().join(" → "));
    if (!names.length) return this.picks.replaceChildren(this.words.pick);
    const clear = element("button", { type: "button" }, this.words.clear);
    clear.addEventListener("click", () => {
      this.setPicked([]);
      this.hooks.onPick?.([]);
    });
    this.picks.replaceChildren(`${this.words.selected}: ${names.join(", ")} `, clear);
  }

  async save(kind) {
    const { text, width, height } = this.picture();
    const source = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    if (kind === "svg") return this.download(source, `${this.file}.svg`);
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = element("canvas", { width: width * 2, height: height * 2 });
    canvas.getContext("2d").drawImage(image, 0, 0, width * 2, height * 2);
    this.download(canvas.toDataURL("image/png"), `${this.file}.png`);
  }

  download(href, name) {
    const link = element("a", { href, download: name });
    this.root.append(link);
    link.click();
    link.remove();
  }
}
