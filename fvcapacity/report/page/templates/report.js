"use strict";
// The page reads well without this script: it puts the charts in the place of the still picture and lets them be used.
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let paint = () => {};

  // Theme: the system's, until somebody chooses. A page in a file may have no memory; then it is chosen every time.
  const remembered = () => { try { return localStorage.getItem("fvcap-theme"); } catch { return null; } };
  const remember = (theme) => { try { localStorage.setItem("fvcap-theme", theme); } catch { /* no memory */ } };
  const theme = () => root.dataset.theme || (dark.matches ? "dark" : "light");
  const toggle = document.getElementById("theme");
  const show = () => { toggle.setAttribute("aria-pressed", String(theme() === "dark")); paint(theme()); };
  const chosen = remembered();
  if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    root.dataset.theme = theme() === "dark" ? "light" : "dark";
    remember(root.dataset.theme);
    show();
  });
  dark.addEventListener("change", show);
  show();

  // The request path: a box that is pointed at shows whom it calls and who calls it.
  const picture = document.querySelector(".path");
  if (picture) {
    const boxes = all(".box", picture), arrows = all(".arrow", picture);
    const light = (name) => {
      const near = new Set([name]);
      for (const arrow of arrows) {
        const on = arrow.dataset.from === name || arrow.dataset.to === name;
        arrow.classList.toggle("on", on);
        if (on) { near.add(arrow.dataset.from); near.add(arrow.dataset.to); }
      }
      for (const box of boxes) box.classList.toggle("on", near.has(box.dataset.name));
      picture.classList.toggle("focus", name !== null);
    };
    for (const box of boxes) {
      box.addEventListener("pointerenter", () => light(box.dataset.name));
      box.addEventListener("pointerleave", () => light(null));
    }
  }

  const described = document.getElementById("settings");
  if (!described || typeof Bokeh === "undefined") return;
  const settings = JSON.parse(described.textContent);
  const documents = JSON.parse(document.getElementById("bokeh-document").textContent);
  for (const element of all(".live")) element.hidden = false;

  Bokeh.set_log_level("error");
  const start = async () => {
    await Bokeh.embed.embed_items(documents, [{ docid: "timeline", roots: settings.roots, root_ids: Object.keys(settings.roots) }]);
    const bokeh = Bokeh.documents[0];
    const model = (id) => bokeh.get_model_by_id(id);
    const range = model(settings.range), cross = model(settings.cross);
    const [first, last] = settings.whole;
    const charts = document.getElementById("charts");
    root.classList.add("running");

    // Colours
    const strokes = new Map();
    for (const [id, name, token] of settings.strokes) {
      if (!strokes.has(id)) strokes.set(id, []);
      strokes.get(id).push([name, token]);
    }
    paint = (theme) => {
      const palette = settings.palettes[theme];
      for (const [id, colors] of strokes) {
        model(id)?.setv(Object.fromEntries(colors.map(([name, token]) => [name, palette[token]])));
      }
    };
    if (theme() !== "light") paint(theme());

    // Zoom
    const shortest = Math.min(10 * 60e3, last - first);
    const zoom = (from, to) => {
      const width = Math.min(Math.max(to - from, shortest), last - first);
      const begin = Math.min(Math.max((from + to - width) / 2, first), last - width);
      range.setv({ start: begin, end: begin + width });
    };
    const buttons = all("button.zoom");
    const mark = () => {
      for (const button of buttons) {
        const near = Math.abs(range.start - button.dataset.start) + Math.abs(range.end - button.dataset.end) < 1000;
        button.setAttribute("aria-pressed", String(near));
      }
      charts.dataset.start = range.start;
      charts.dataset.end = range.end;
    };
    range.change.connect(mark);
    mark();
    const step = (kind) => {
      const from = range.start, to = range.end, width = to - from, middle = cross.visible && cross.location >= from && cross.location <= to ? cross.location : (from + to) / 2;
      if (kind === "in") zoom(middle - width / 4, middle + width / 4);
      if (kind === "out") zoom(middle - width, middle + width);
      if (kind === "left") zoom(Math.max(from - width / 2, first), Math.max(from - width / 2, first) + width);
      if (kind === "right") zoom(Math.min(to + width / 2, last) - width, Math.min(to + width / 2, last));
    };
    for (const button of buttons) button.addEventListener("click", () => zoom(+button.dataset.start, +button.dataset.end));
    for (const button of all("button.step")) button.addEventListener("click", () => step(button.dataset.step));

    // Key: a line can be put away
    const lines = new Map(settings.charts.flatMap((chart) => chart.lines.map(([name]) => [name, bokeh.get_model_by_name(name)])));
    for (const button of all("button.key")) {
      button.addEventListener("click", () => {
        const on = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(on));
        lines.get(button.dataset.line).visible = on;
        const dots = bokeh.get_model_by_name(`${button.dataset.line}-dots`);
        if (dots) dots.visible = on;
      });
    }

    // Values of the moment under the crosshair, of all charts at once
    const numbers = new Intl.NumberFormat(settings.locale, { maximumFractionDigits: 1 });
    const round = new Intl.NumberFormat(settings.locale, { maximumFractionDigits: 0 });
    const clock = new Intl.DateTimeFormat(settings.locale, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" });
    const moment = document.getElementById("moment"), spoken = document.getElementById("spoken");
    const places = new Map(all("[data-now]").map((element) => [element.dataset.now, element]));
    const sources = settings.charts.map((chart) => [chart, bokeh.get_model_by_name(chart.source).data]);
    const at = (values, x) => {
      let low = 0, high = values.length;
      while (low < high) { const middle = (low + high) >> 1; if (values[middle] <= x) low = middle + 1; else high = middle; }
      return low - 1;
    };
    const get = (column, index) => (column.get ? column.get(index) : column[index]);
    const read = () => {
      const x = cross.location, on = cross.visible && typeof x === "number" && x >= first && x <= last;
      moment.textContent = on ? clock.format(x) : "";
      const said = [];
      for (const [chart, data] of sources) {
        const times = data.get ? data.get("x") : data.x, index = on ? at(times, x) : -1;
        for (const [name, column] of chart.lines) {
          const value = index < 0 ? NaN : get(data.get ? data.get(column) : data[column], index);
          const text = Number.isFinite(value) ? (Math.abs(value) >= 10 ? round : numbers).format(value) : "";
          places.get(name).textContent = text;
          if (text) said.push(`${places.get(name).parentElement.textContent.trim().replace(/\s+/g, " ")}`);
        }
      }
      return on ? `${moment.textContent}: ${said.join(", ")}` : "";
    };
    cross.change.connect(read);

    // Keyboard
    charts.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target !== charts) return;
      const width = range.end - range.start, pace = width / (event.shiftKey ? 10 : 100);
      const here = cross.visible && typeof cross.location === "number" ? cross.location : (range.start + range.end) / 2;
      const move = (x) => {
        const to = Math.min(Math.max(x, first), last);
        if (to < range.start || to > range.end) zoom(to - width / 2, to + width / 2);
        cross.setv({ location: to, visible: true });
        spoken.textContent = read();
      };
      const keys = {
        ArrowLeft: () => move(here - pace), ArrowRight: () => move(here + pace), Home: () => move(first), End: () => move(last),
        "+": () => step("in"), "=": () => step("in"), "-": () => step("out"), "0": () => zoom(first, last), Escape: () => { cross.visible = false; read(); },
      };
      if (!keys[event.key]) return;
      keys[event.key]();
      event.preventDefault();
    });

    // A finger scrolls the page; it does not zoom by accident.
    if (matchMedia("(pointer: coarse)").matches) {
      for (const id of Object.keys(settings.roots)) model(id).toolbar.tools.filter((tool) => tool.type === "BoxZoomTool").forEach((tool) => { tool.active = false; });
    }
    root.dataset.ready = String(Math.round(performance.now()));
  };
  start().catch((problem) => {
    root.classList.remove("running");
    for (const element of all("#charts, .tools")) element.hidden = true;
    console.error(problem);
  });
})();
