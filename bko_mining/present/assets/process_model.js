// A BPMN diagram drawn by bpmn-js, coloured by what a log shows at its activities: measures, hover, picking, downloads.
// The Python side (model_atlas.py) has written every word and colour. The bpmn.io mark stays as bpmn-js draws it.

const BpmnViewer = bpmn.exports;
const SMALLEST = 0.75;
const length = ([a, b]) => Math.hypot(a.x - b.x, a.y - b.y);
const isLevel = ([a, b]) => Math.abs(a.y - b.y) < Math.abs(a.x - b.x);

// The part of a line that its number stands on: a level one at its end or beginning, where no other flow runs, or the longest.
function namedPart(parts) {
  const ends = [parts.at(-1), parts[0]].filter((part) => isLevel(part) && length(part) >= 26);
  return ends[0] ?? parts.reduce((best, part) => (length(part) > length(best) + 1 ? part : best));
}

class ProcessModelView extends Living {
  file = "process-model";

  constructor(host, atlas, hooks = {}) {
    super(host, atlas, hooks);
    this.byId = new Map(atlas.activities.map((activity) => [activity.id, activity]));
    this.build();
    this.draw();
  }

  build() {
    const { words, atlas } = this;
    this.paper = element("div", { class: "bko-paper", role: "group", "aria-label": words.map });
    this.root.append(
      element("div", { class: "bko-bar" }, atlas.measures.length ? this.measureChoice() : "", this.tools()),
      // A page says the sentence above the diagram.
      this.hooks.onPick ? element("p", { class: "bko-status" }, atlas.summary) : "",
      element("div", { class: "bko-stage" }, this.paper, this.tip),
      this.legend,
      atlas.measures.length ? this.picks : "",
    );
    this.host.replaceChildren(this.root);
    // A page can be scrolled past the diagram: it takes the wheel only with Ctrl, to zoom.
    this.paper.addEventListener("wheel", (event) => event.ctrlKey || event.metaKey || event.stopPropagation(), true);
  }

  tools() {
    const { words } = this;
    return element(
      "div",
      { class: "bko-tools" },
      button("−", words.smaller, () => this.canvas.zoom(this.canvas.zoom() / 1.25)),
      button("+", words.larger, () => this.canvas.zoom(this.canvas.zoom() * 1.25)),
      button("⤢", words.whole, () => this.canvas.zoom("fit-viewport", "auto")),
      button("BPMN", "BPMN", () => this.download(`data:application/xml;charset=utf-8,${encodeURIComponent(this.atlas.xml)}`, `${this.file}.bpmn`)),
      button("SVG", "SVG", () => this.save("svg")),
      button("PNG", "PNG", () => this.save("png")),
    );
  }

  async draw() {
    this.viewer = new BpmnViewer({ container: this.paper });
    try {
      await this.viewer.importXML(this.atlas.xml);
    } catch (problem) {
      console.error(problem);
      return this.paper.replaceChildren(this.words.broken);
    }
    this.canvas = this.viewer.get("canvas");
    const registry = this.viewer.get("elementRegistry");
    for (const [id, activity] of this.byId) {
      const group = registry.getGraphics(id), { width, height } = registry.get(id);
      activity.group = group;
      activity.visual = group.querySelector(".djs-visual");
      activity.fact = shape("text", { x: width / 2, y: height - 6, class: "bko-heat" });
      activity.fact.setAttribute("style", "font: 10px Arial, sans-serif; text-anchor: middle;");
      activity.visual.append(activity.fact);
      if (this.atlas.measures.length) this.listen(group, activity.name, () => this.tipRows("activity", activity.name, activity.tip));
    }
    for (const flow of this.atlas.flows) this.drawFlow(flow, registry);
    this.show();
    this.whole();
    // The width is known only when the page has been laid out, and again when it changes.
    let known = this.paper.clientWidth;
    new ResizeObserver(() => {
      if (this.paper.clientWidth === known) return;
      known = this.paper.clientWidth;
      this.whole();
    }).observe(this.paper);
    this.root.dataset.drawn = "";
  }

  // A band below the line of a flow, as wide as it is run along often, and how often beside its longest part.
  drawFlow(flow, registry) {
    const group = registry.getGraphics(flow.id), connection = registry.get(flow.id);
    const visual = group.querySelector(".djs-visual"), line = visual.querySelector(":scope > path, :scope > polyline");
    const points = connection.waypoints;
    const [a, b] = namedPart(points.slice(1).map((end, i) => [points[i], end]));
    const level = isLevel([a, b]);
    const [x, y] = [(a.x + b.x) / 2 + (level ? 0 : 5), (a.y + b.y) / 2 + (level ? -6 : 3.5)];
    flow.band = line.cloneNode(false);
    for (const name of ["marker-end", "marker-start", "markerEnd"]) flow.band.removeAttribute(name);
    flow.band.setAttribute("style", `fill: none; stroke-width: ${flow.width + 1.6}px; stroke-linecap: butt; stroke-linejoin: round;`);
    visual.prepend(flow.band);
    flow.line = line;
    if (!flow.width) line.style.strokeDasharray = "2 3";
    // Short lines have no room for a number: hovering tells it.
    flow.fact = length([a, b]) < (level ? 26 : 18) ? null : shape("text", { x, y, class: "bko-heat" });
    if (flow.fact) {
      const align = level ? "middle" : "start";
      flow.fact.setAttribute("style", `font: 10px Arial, sans-serif; text-anchor: ${align}; fill: #45525f; paint-order: stroke; stroke: #ffffff; stroke-width: 3px;`);
      visual.append(flow.fact);
    }
    const name = (end) => end.businessObject.name || "…";
    const title = `${name(connection.source)} → ${name(connection.target)}`;
    group.addEventListener("pointermove", (event) => this.showTip(this.tipRows("flow", title, flow.tip), event));
    group.addEventListener("pointerleave", () => this.hideTip());
  }

  // The whole diagram where its words can be read so, otherwise its beginning.
  whole() {
    const width = this.paper.clientWidth, { inner } = this.canvas.viewbox();
    if (!width || !inner.width) return;
    const scale = Math.min(1, Math.max(SMALLEST, (width - 30) / inner.width));
    const most = Math.min(0.75 * window.innerHeight, 760);
    const high = Math.round(Math.min(Math.max(inner.height * scale + 72, 240), Math.max(most, 240)));
    this.paper.style.height = `${high}px`;
    this.canvas.resized();
    const [wide, tall] = [width / scale, high / scale];
    const left = inner.width < wide ? inner.x - (wide - inner.width) / 2 : inner.x - 20;
    // What fits leaves the bottom to the mark of bpmn.io: nothing of ours may lie on it.
    const top = inner.y - 20 / scale;
    this.canvas.viewbox({ x: left, y: top, width: wide, height: tall });
  }

  setMeasure(key) {
    this.measure = key;
    for (const input of this.root.querySelectorAll(".bko-measures input")) input.checked = input.value === key;
    this.show();
    this.hooks.onMeasure?.(key);
  }

  show() {
    const { measure } = this;
    if (measure) {
      for (const { group, visual, fact, name, facts, fills, inks } of this.byId.values()) {
        visual.querySelector("rect").style.fill = fills[measure];
        for (const part of visual.querySelectorAll("text, tspan")) part.style.fill = inks[measure];
        fact.textContent = facts[measure];
        group.setAttribute("aria-label", `${name}: ${facts[measure]}`);
      }
      for (const { band, line, width, fact, facts, fills } of this.atlas.flows) {
        band.style.stroke = fills[measure];
        if (width) line.style.stroke = fills[measure];
        if (fact) fact.textContent = facts[measure] ?? "";
      }
      this.drawLegend();
    }
    this.markPicked();
  }

  drawLegend() {
    const { colours, label, activity_end } = this.atlas.measures.find(({ key }) => key === this.measure);
    const style = `background: linear-gradient(90deg, ${colours.join(", ")})`;
    const end = activity_end ? ` 0 – ${activity_end}` : "";
    const flows = this.atlas.flows.length ? element("span", {}, this.words.on_flows) : "";
    this.legend.replaceChildren(element("b", {}, label), element("span", {}, element("i", { class: "bko-scale", style }), end), flows);
  }

  picture() {
    const copy = this.paper.querySelector(".djs-container > svg").cloneNode(true);
    const viewport = copy.querySelector(".viewport"), { inner } = this.canvas.viewbox();
    viewport.setAttribute("transform", "");
    for (const part of copy.querySelectorAll(".djs-hit, .djs-outline, .djs-dragger")) part.remove();
    const [x, y, width, height] = [inner.x - 20, inner.y - 20, inner.width + 40, inner.height + 66];
    copy.setAttribute("xmlns", SVG);
    copy.removeAttribute("style");
    for (const [name, value] of Object.entries({ width, height, viewBox: `${x} ${y} ${width} ${height}` })) copy.setAttribute(name, value);
    copy.prepend(shape("rect", { x, y, width, height, fill: "#ffffff" }));
    const foot = (text, row) => {
      const style = "font: 11px Arial, sans-serif; fill: #667383;";
      copy.append(shape("text", { x: x + 20, y: inner.y + inner.height + 20 + 15 * row, style }, text));
    };
    foot([...this.legend.children].map((part) => part.textContent.trim()).join("  ·  "), 0);
    foot(`${this.atlas.summary} (bpmn.io)`, 1);
    return { text: new XMLSerializer().serializeToString(copy), width, height };
  }
}

function render({ model, el }) {
  const write = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const make = () =>
    new ProcessModelView(el, model.get("atlas"), {
      measure: model.get("measure"),
      picked: model.get("selected"),
      onPick: (picked) => write("selected", picked),
      onMeasure: (key) => write("measure", key),
    });
  let view = make();
  model.on("change:selected", () => view.setPicked(model.get("selected")));
  model.on("change:measure", () => model.get("measure") !== view.measure && view.setMeasure(model.get("measure")));
  model.on("change:atlas", () => (view = make()));
}

export default { render };
