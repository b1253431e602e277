// Draws the atlas of a process map: sliders, measures, hover, picking, downloads. No dependency, no network; what it
// shares with the view of a model is in living.js.
// The Python side (map_atlas.py) has written every word, colour and place; here things are drawn and moved.

// A curve is a list of coordinates: a first point, then three points a segment. Curves of any length meet half-way
// when the shorter is cut finer: the longest segment is halved (de Casteljau) until both have as many.
function refined(curve, length) {
  const points = curve.slice();
  while (points.length < length) {
    let longest = 0, best = -1;
    for (let at = 0; at + 7 < points.length; at += 6) {
      const size = Math.hypot(points[at + 6] - points[at], points[at + 7] - points[at + 1]);
      if (size > best) [best, longest] = [size, at];
    }
    const [a, b, c, d] = [0, 2, 4, 6].map((k) => [points[longest + k], points[longest + k + 1]]);
    const mid = (p, q) => [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2];
    const [ab, bc, cd] = [mid(a, b), mid(b, c), mid(c, d)];
    const [abc, bcd] = [mid(ab, bc), mid(bc, cd)];
    points.splice(longest, 8, ...a, ...ab, ...abc, ...mid(abc, bcd), ...bcd, ...cd, ...d);
  }
  return points;
}

function between(from, to, share) {
  return to.map((value, at) => from[at] + (value - from[at]) * share);
}

// The line ends inside the arrow head, which ends at the card.
function drawnCurve(points, width) {
  const n = points.length, head = 5.5 + 1.1 * width;
  const tip = [points[n - 2], points[n - 1]];
  let dx = tip[0] - points[n - 4], dy = tip[1] - points[n - 3];
  const length = Math.hypot(dx, dy) || 1;
  dx /= length; dy /= length;
  const back = Math.min(head * 0.8, length);
  const line = [...points.slice(0, n - 2), tip[0] - dx * back, tip[1] - dy * back].map((v) => v.toFixed(1));
  const [ax, ay] = [-dy * head * 0.45, dx * head * 0.45];
  const [bx, by] = [tip[0] - dx * head, tip[1] - dy * head];
  const corners = [tip, [bx + ax, by + ay], [bx - ax, by - ay]];
  return {
    line: `M${line[0]} ${line[1]}C${line.slice(2).join(" ")}`,
    head: corners.map((corner) => corner.map((v) => v.toFixed(1)).join(",")).join(" "),
  };
}

const MOVE_MS = 480;

class ProcessMapView extends Living {
  constructor(host, atlas, hooks = {}) {
    super(host, atlas, hooks);
    this.byName = new Map(atlas.activities.map((activity) => [activity.name, activity]));
    [this.level, this.view] = hooks.at ?? atlas.start;
    this.ways = new Map();
    this.cards = new Map();
    this.zoom = 1;
    this.whole = false;
    this.build();
    this.show(false);
    requestAnimationFrame(() => this.centre());
  }

  build() {
    const { words, atlas } = this;
    this.host.replaceChildren();
    this.activitySlider = this.slider(words.activities, atlas.levels.length, (value) => this.setLevel(value));
    this.pathSlider = this.slider(words.paths, 1, (value) => this.setView(value));
    this.coverage = element("strong", { class: "bko-coverage" });
    this.shown = element("span", { class: "bko-shown" });
    this.status = element("p", { class: "bko-status", role: "status", "aria-live": "polite" }, this.coverage, this.shown);
    this.svg = shape("svg", { role: "group", "aria-label": words.map, class: "bko-canvas" });
    this.layers = ["ways", "labels", "cards"].map((name) => this.svg.appendChild(shape("g", { class: `bko-${name}` })));
    this.scroller = element("div", { class: "bko-scroller" }, this.svg);
    this.root.append(
      element("div", { class: "bko-bar" }, this.activitySlider.row, this.pathSlider.row, this.measureChoice(), this.tools()),
      this.status,
      element("div", { class: "bko-stage" }, this.scroller, this.tip),
      this.legend,
      this.picks,
    );
    this.host.append(this.root);
    this.markers();
    // The width is known only when the page has been laid out.
    new ResizeObserver(() => this.canvas && this.resize(this.canvas)).observe(this.scroller);
    this.scroller.addEventListener("scroll", () => this.hideTip());
    this.scroller.addEventListener("pointerdown", (event) => event.target === this.svg && this.drag(event));
  }

  slider(label, stops, change) {
    const input = element("input", { type: "range", min: 0, max: stops - 1, step: 1 });
    const row = element("label", { class: "bko-slider" }, element("span", {}, label), input);
    input.addEventListener("input", () => change(Number(input.value)));
    // JupyterLab must not take the arrow keys for its own.
    input.addEventListener("keydown", (event) => event.stopPropagation());
    return { row, input };
  }

  tools() {
    return element(
      "div",
      { class: "bko-tools" },
      button("−", this.words.smaller, () => this.setZoom(this.zoom / 1.25)),
      button("+", this.words.larger, () => this.setZoom(this.zoom * 1.25)),
      button("⤢", this.words.whole, () => this.setWhole(!this.whole)),
      button("SVG", "SVG", () => this.save("svg")),
      button("PNG", "PNG", () => this.save("png")),
    );
  }

  setLevel(value) {
    this.level = value;
    const views = this.atlas.levels[value].views;
    this.view = Math.min(this.view, views.length - 1);
    this.show(true);
    this.hooks.onLevel?.([this.level, this.view]);
  }

  setView(value) {
    this.view = value;
    this.show(true);
    this.hooks.onLevel?.([this.level, this.view]);
  }

  setMeasure(key) {
    this.measure = key;
    for (const input of this.root.querySelectorAll(".bko-measures input")) input.checked = input.value === key;
    this.show(false);
    this.hooks.onMeasure?.(key);
  }

  setWhole(whole) {
    this.whole = whole;
    this.setZoom(1);
    this.centre();
  }

  // Where there is nothing to pick, the map can be pushed about.
  drag(event) {
    const { scrollLeft, scrollTop } = this.scroller;
    const push = (now) => {
      this.scroller.scrollLeft = scrollLeft + event.clientX - now.clientX;
      this.scroller.scrollTop = scrollTop + event.clientY - now.clientY;
    };
    const done = () => {
      window.removeEventListener("pointermove", push);
      window.removeEventListener("pointerup", done);
    };
    window.addEventListener("pointermove", push);
    window.addEventListener("pointerup", done);
  }

  // The start of the process stands in the middle of what is seen.
  centre() {
    const at = this.cards.get(this.atlas.markers[0]).at[0] + 12;
    const wide = this.svg.clientWidth / (this.canvas[0] + 24);
    this.scroller.scrollLeft = at * wide - this.scroller.clientWidth / 2;
  }

  setZoom(zoom) {
    this.zoom = Math.min(4, Math.max(0.3, zoom));
    this.resize(this.canvas);
  }

  show(moving) {
    const level = this.atlas.levels[this.level], view = level.views[this.view];
    this.activitySlider.input.value = this.level;
    this.activitySlider.input.setAttribute("aria-valuetext", view.shown.split(" · ")[0]);
    this.pathSlider.input.max = level.views.length - 1;
    this.pathSlider.input.value = this.view;
    this.pathSlider.input.setAttribute("aria-valuetext", view.shown.split(" · ")[1]);
    this.coverage.textContent = view.coverage;
    this.shown.textContent = ` · ${view.shown}`;
    this.hideTip();
    const moves = [...this.placeCards(view), ...this.placeWays(level, view), this.placeCanvas(view)];
    this.drawLegend();
    this.markPicked();
    const still = !moving || window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    still ? moves.forEach((move) => move(1)) : this.animate(moves);
  }

  animate(moves) {
    cancelAnimationFrame(this.frame);
    const begin = performance.now();
    const step = (now) => {
      const share = Math.min(1, Math.max(0, (now - begin) / MOVE_MS));
      const eased = share < 0.5 ? 4 * share ** 3 : 1 - (-2 * share + 2) ** 3 / 2;
      moves.forEach((move) => move(eased));
      if (share < 1) this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  }

  placeCanvas(view) {
    const from = this.canvas ?? view.size, to = view.size;
    return (share) => this.resize(between(from, to, share));
  }

  resize(size) {
    this.canvas = size;
    const [width, height] = [size[0] + 24, size[1] + 24];
    this.svg.setAttribute("viewBox", `-12 -12 ${width.toFixed(1)} ${height.toFixed(1)}`);
    // Letters stay letters: a map that is wider than the page is scrolled, unless the whole of it is asked for.
    const room = (this.scroller.clientWidth || width * 1.2) - 4;
    const scale = Math.min(1.2, this.whole ? room / width : Math.max(room / width, 0.9)) * this.zoom;
    this.svg.setAttribute("width", (width * scale).toFixed(0));
    this.svg.setAttribute("height", (height * scale).toFixed(0));
  }

  markers() {
    const [start, end] = this.atlas.markers;
    const ring = () => shape("circle", { r: 13, class: "bko-ring" });
    const signs = {
      [start]: shape("polygon", { points: "-4,-6 -4,6 6.5,0", class: "bko-sign" }),
      [end]: shape("rect", { x: -4.8, y: -4.8, width: 9.6, height: 9.6, class: "bko-sign" }),
    };
    for (const name of [start, end]) {
      const title = shape("title", {}, name === start ? this.words.start : this.words.end);
      const group = this.layers[2].appendChild(shape("g", {}, title, ring(), signs[name]));
      this.cards.set(name, { group, at: null, marker: true });
    }
  }

  placeCards(view) {
    const moves = [];
    for (const [name, at] of Object.entries(view.nodes)) {
      const card = this.cards.get(name) ?? this.makeCard(name);
      if (!card.marker) this.paintCard(card);
      moves.push(this.moved(card, at));
    }
    for (const [name, card] of this.cards) if (!(name in view.nodes)) this.leave(this.cards, name, card.group);
    return moves;
  }

  moved(item, at) {
    const from = item.at ?? at;
    return (share) => {
      item.at = between(from, at, share);
      item.group.setAttribute("transform", `translate(${item.at[0].toFixed(1)} ${item.at[1].toFixed(1)})`);
    };
  }

  makeCard(name) {
    const activity = this.byName.get(name), [width, height] = activity.size;
    const box = shape("rect", { x: -width / 2, y: -height / 2, width, height, rx: 6 });
    const lines = activity.lines.map((line, place) => {
      const text = shape("text", { y: -height / 2 + 13 + 12.5 * place, class: "bko-name" }, line);
      return text;
    });
    const fact = shape("text", { y: height / 2 - 9.5, class: "bko-fact" });
    const group = this.entering(shape("g", { class: "bko-card" }, box, ...lines, fact));
    const card = { group, box, lines, fact, activity, at: null, room: width - 12 };
    this.listen(group, name, () => this.tipRows("activity", activity.name, activity.tip));
    this.layers[2].append(group);
    this.cards.set(name, card);
    return card;
  }

  paintCard(card) {
    const { activity } = card, { measure } = this;
    card.box.setAttribute("fill", activity.fills[measure]);
    card.fact.textContent = activity.facts[measure];
    for (const text of [...card.lines, card.fact]) {
      text.setAttribute("fill", activity.inks[measure]);
      this.fit(text, card.room);
    }
    card.group.setAttribute("aria-label", `${activity.name}: ${activity.facts[measure]}`);
  }

  // Another typeface may be wider than the one that was measured: then the words are drawn closer.
  fit(text, room) {
    text.removeAttribute("textLength");
    const width = text.getComputedTextLength?.() ?? 0;
    if (width > room + 4) {
      text.setAttribute("textLength", room);
      text.setAttribute("lengthAdjust", "spacingAndGlyphs");
    }
  }

  placeWays(level, view) {
    const moves = [], seen = new Set();
    for (let place = 0; place < view.n; place += 1) {
      const path = level.paths[place], key = JSON.stringify(path.ends);
      seen.add(key);
      const way = this.ways.get(key) ?? this.makeWay(key);
      way.path = path;
      this.paintWay(way);
      moves.push(this.bent(way, view.curves[place], view.labels[place]));
    }
    for (const [key, way] of this.ways) if (!seen.has(key)) this.leave(this.ways, key, way.group, way.label);
    return moves;
  }

  bent(way, curve, label) {
    const from = way.curve ?? curve, length = Math.max(from.length, curve.length);
    const [a, b] = [refined(from, length), refined(curve, length)];
    const [fromLabel, toLabel] = [way.labelAt ?? label, label];
    return (share) => {
      way.curve = share === 1 ? curve : between(a, b, share);
      const drawn = drawnCurve(way.curve, way.path.width);
      way.line.setAttribute("d", drawn.line);
      way.hit.setAttribute("d", drawn.line);
      way.head.setAttribute("points", drawn.head);
      if (toLabel) {
        way.labelAt = between(fromLabel, toLabel, share);
        way.label.setAttribute("x", way.labelAt[0].toFixed(1));
        way.label.setAttribute("y", way.labelAt[1].toFixed(1));
      }
    };
  }

  makeWay(key) {
    const line = shape("path", { class: "bko-line" }), hit = shape("path", { class: "bko-hit" });
    const head = shape("polygon", { class: "bko-head" });
    const label = this.entering(shape("text", { class: "bko-label", "aria-hidden": "true" }));
    const group = this.entering(shape("g", { class: "bko-way" }, line, head, hit));
    const way = { group, line, hit, head, label, curve: null, labelAt: null, path: null };
    const ends = JSON.parse(key);
    const title = ends.join(" → ");
    this.listen(group, ends, () => this.tipRows("path", title, way.path.tip));
    this.layers[0].append(group);
    this.layers[1].append(label);
    this.ways.set(key, way);
    return way;
  }

  paintWay(way) {
    const { path } = way, colour = path.colours[this.measure];
    way.line.setAttribute("stroke", colour);
    way.line.setAttribute("stroke-width", path.width);
    way.head.setAttribute("fill", colour);
    way.label.textContent = path.texts[this.measure];
    way.group.setAttribute("aria-label", `${path.ends.join(" → ")}: ${path.texts[this.measure] || "–"}`);
  }

  entering(made) {
    made.style.opacity = 0;
    requestAnimationFrame(() => requestAnimationFrame(() => (made.style.opacity = "")));
    return made;
  }

  leave(items, key, ...parts) {
    items.delete(key);
    for (const part of parts) {
      part.style.opacity = 0;
      part.style.pointerEvents = "none";
      setTimeout(() => part.remove(), MOVE_MS);
    }
  }

  scale() {
    const measure = this.atlas.measures.find(({ key }) => key === this.measure);
    return { ...measure, path_end: this.atlas.levels[this.level].path_ends[this.measure] };
  }

  drawLegend() {
    const { colours, label, activity_end, path_end } = this.scale();
    const bar = (from) => {
      const stops = colours.slice(from).join(", ");
      return element("i", { class: "bko-scale", style: `background: linear-gradient(90deg, ${stops})` });
    };
    const part = (name, from, end) => (end ? element("span", {}, bar(from), ` ${name}: 0 – ${end}`) : "");
    this.legend.replaceChildren(
      element("b", {}, label),
      part(this.words.on_cards, 0, activity_end),
      part(this.words.on_paths, 2, path_end),
      element("span", {}, this.words.width),
    );
  }

  // A picture of its own for slides: white paper, styles inside.
  picture() {
    const copy = this.svg.cloneNode(true);
    const [width, height] = [this.canvas[0] + 24, this.canvas[1] + 62];
    copy.setAttribute("xmlns", SVG);
    copy.setAttribute("viewBox", `-12 -12 ${width} ${height}`);
    copy.setAttribute("width", width);
    copy.setAttribute("height", height);
    copy.prepend(
      shape("style", {}, PICTURE_STYLE),
      shape("rect", { x: -12, y: -12, width, height, fill: "#ffffff" }),
    );
    const foot = (text, y) => shape("text", { x: 0, y, class: "bko-foot" }, text);
    const { label, activity_end, path_end } = this.scale();
    const ends = [[this.words.on_cards, activity_end], [this.words.on_paths, path_end]].filter(([, end]) => end);
    const scale = [label, ...ends.map(([name, end]) => `${name} 0 – ${end}`)].join(" · ");
    const shown = `${this.coverage.textContent}${this.shown.textContent}`;
    copy.append(foot(scale, this.canvas[1] + 24), foot(shown, this.canvas[1] + 38));
    for (const part of copy.querySelectorAll(".bko-hit")) part.remove();
    return { text: new XMLSerializer().serializeToString(copy), width, height };
  }
}

const PICTURE_STYLE = `
text { font-family: Inter, "Helvetica Neue", Arial, sans-serif; text-anchor: middle; dominant-baseline: central; }
.bko-name { font-size: 9.5px; font-weight: 600; } .bko-fact { font-size: 8px; }
.bko-label { font-size: 7.6px; fill: #1f2a37; paint-order: stroke; stroke: #ffffff; stroke-width: 3px; }
.bko-foot { font-size: 8px; fill: #667383; text-anchor: start; }
.bko-line { fill: none; } .bko-card rect { stroke: #2a7a9f; stroke-width: .8px; }
.bko-picked rect { stroke: #d9730d; stroke-width: 2.4px; }
.bko-ring { fill: #ffffff; stroke: #1f2a37; stroke-width: 1.3px; } .bko-sign { fill: #1f2a37; }`;

function render({ model, el }) {
  const make = () =>
    new ProcessMapView(el, model.get("atlas"), {
      at: model.get("level"),
      measure: model.get("measure"),
      picked: model.get("selected"),
      onPick: (picked) => write("selected", picked),
      onLevel: (at) => write("level", at),
      onMeasure: (key) => write("measure", key),
    });
  const write = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  let view = make();
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  model.on("change:selected", () => view.setPicked(model.get("selected")));
  model.on("change:measure", () => model.get("measure") !== view.measure && view.setMeasure(model.get("measure")));
  model.on("change:level", () => {
    if (same(model.get("level"), [view.level, view.view])) return;
    [view.level, view.view] = model.get("level");
    view.show(true);
  });
  model.on("change:atlas", () => (view = make()));
}

export default { render };
