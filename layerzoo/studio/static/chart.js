// Charts: curves of several runs by uPlot, in the colours of the theme.
// Okabe and Ito's colours, which colour-blind readers can tell apart, darkened or lightened for each ground.
const COLOURS = {
  light: ["#0072b2", "#c44e00", "#00805e", "#a8578a", "#8a6100", "#2a86b8", "#5a5a5a", "#7b3fa0", "#a02020", "#3f6f2f"],
  dark: ["#5fb4ff", "#ff9a5c", "#46d6ab", "#f0a3cf", "#f3c14b", "#8fd3ff", "#c3c9d0", "#c9a0f0", "#ff8d8d", "#a5d68f"],
};
const DASHES = [[], [6, 4], [2, 3], [8, 3, 2, 3]];

const theme = () => document.documentElement.dataset.theme;
const ink = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Exponential moving average whose start is not biased. */
export function smoothed(values, weight) {
  if (!weight) return values;
  let mean = 0, norm = 0;
  return values.map(value => {
    if (value == null) return value;
    mean = mean * weight + value * (1 - weight);
    norm = norm * weight + (1 - weight);
    return mean / norm;
  });
}

/** Join curves with x axes of their own into uPlot's form. */
export function joined(curves) {
  const xs = [...new Set(curves.flatMap(curve => curve.x))].sort((a, b) => a - b);
  const place = new Map(xs.map((x, index) => [x, index]));
  return [xs, ...curves.map(curve => {
    const ys = new Array(xs.length).fill(undefined);
    curve.x.forEach((x, index) => { ys[place.get(x)] = curve.y[index]; });
    return ys;
  })];
}

const short = value => value == null ? "" : Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(2) : String(+value.toPrecision(4));
export function clock(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${+seconds.toPrecision(3)} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole % 3600 / 60)} min`;
}

/** A chart of one quantity; zoomed by dragging, all of it again by a double click. */
export class Chart {
  constructor(place, title, { names, onZoom = null }) {
    this.names = names;
    this.onZoom = onZoom;
    this.hidden = new Set();
    this.box = document.createElement("figure");
    this.box.className = "chart";
    this.box.style.margin = "0";
    const heading = document.createElement("h3");
    heading.textContent = title;
    this.title = title;
    this.plot = document.createElement("div");
    this.plot.className = "plot";
    this.plot.setAttribute("role", "img");
    this.legend = document.createElement("ul");
    this.legend.className = "legend";
    this.box.append(heading, this.plot, this.legend);
    place.append(this.box);
    new ResizeObserver(() => this.chart?.setSize({ width: this.plot.clientWidth, height: 240 })).observe(this.plot);
    addEventListener("theme", () => this.draw());
  }

  /** Show curves: [{run, label, net, x, y}]. */
  set(curves, { axis, log, weight }) {
    const key = JSON.stringify([curves.map(curve => [curve.run, curve.label]), axis, log]);
    this.curves = curves; this.axis = axis; this.log = log; this.weight = weight;
    if (this.chart && key === this.key) {
      this.chart.setData(this.data());
      this.describe();
      return;
    }
    this.key = key;
    this.draw();
  }

  data() {
    const shown = this.curves.map(curve => {
      const y = curve.net < 0 ? smoothed(curve.y, this.weight) : curve.y;
      return { x: curve.x, y: this.log ? y.map(value => value > 0 ? value : null) : y };
    });
    return joined(shown);
  }

  colour(curve) {
    const runs = [...new Set(this.curves.map(one => one.run))];
    const labels = [...new Set(this.curves.map(one => one.label))];
    const colours = COLOURS[theme()];
    return runs.length > 1
      ? { stroke: colours[runs.indexOf(curve.run) % colours.length], dash: DASHES[labels.indexOf(curve.label) % DASHES.length] }
      : { stroke: colours[labels.indexOf(curve.label) % colours.length], dash: [] };
  }

  label(curve) {
    const several = new Set(this.curves.map(one => one.run)).size > 1;
    return several ? `${this.names[curve.run] ?? curve.run} ${curve.label}` : curve.label;
  }

  draw() {
    if (!this.curves) return;
    this.chart?.destroy();
    const line = { stroke: ink("--muted"), grid: { stroke: ink("--line"), width: 1 }, ticks: { stroke: ink("--line"), width: 1 }, font: "12px system-ui, sans-serif" };
    const time = this.axis === "seconds";
    const options = {
      width: this.plot.clientWidth, height: 240,
      legend: { show: false },
      scales: { x: { time: false }, y: this.log ? { distr: 3 } : {} },
      axes: [
        { ...line, values: time ? (_, ticks) => ticks.map(clock) : undefined, space: time ? 90 : 60 },
        { ...line, size: 64, values: (_, ticks) => ticks.map(short) },
      ],
      series: [{}, ...this.curves.map((curve, index) => ({
        label: this.label(curve), width: 1.6, ...this.colour(curve), spanGaps: true, show: !this.hidden.has(this.label(curve)),
        points: { show: curve.x.length < 30, size: 5 },
      }))],
      cursor: { drag: { x: true, y: false }, focus: { prox: 24 } },
      hooks: {
        setCursor: [chart => this.read(chart.cursor.idx)],
        setSelect: [chart => { if (this.onZoom && chart.select.width > 4) this.onZoom(chart.posToVal(chart.select.left, "x"), chart.posToVal(chart.select.left + chart.select.width, "x")); }],
      },
    };
    this.chart = new uPlot(options, this.data(), this.plot);
    this.plot.addEventListener("dblclick", () => this.onZoom?.(null, null));
    this.legend.replaceChildren(...this.curves.map((curve, index) => {
      const item = document.createElement("li"), button = document.createElement("button");
      const swatch = document.createElement("span"), words = document.createElement("span");
      const { stroke, dash } = this.colour(curve);
      swatch.className = dash.length ? "swatch dashed" : "swatch";
      swatch.style.color = stroke;
      button.type = "button";
      button.setAttribute("aria-pressed", String(!this.hidden.has(this.label(curve))));
      button.addEventListener("click", () => {
        const label = this.label(curve), show = this.hidden.delete(label) || !this.hidden.add(label);
        button.setAttribute("aria-pressed", String(show));
        this.chart.setSeries(index + 1, { show });
      });
      button.append(swatch, words);
      item.append(button);
      return item;
    }));
    this.read(null);
    this.describe();
  }

  /** Write the values at a point of the x axis, or the last ones, into the legend. */
  read(index) {
    if (!this.chart) return;
    const [xs, ...columns] = this.chart.data;
    this.curves.forEach((curve, number) => {
      const column = columns[number];
      let at = index ?? xs.length - 1;
      while (at > 0 && column[at] == null) at -= 1;
      const words = this.legend.children[number]?.querySelector("button > span:last-child");
      if (words) words.textContent = `${this.label(curve)} ${short(column[at])}`;
    });
  }

  describe() {
    const last = this.curves.map(curve => `${this.label(curve)}: ${curve.y.length} points, last ${short(curve.y.at(-1))}`);
    this.plot.setAttribute("aria-label", `${this.title} against ${this.axis}. ${last.join("; ")}`);
  }
}
