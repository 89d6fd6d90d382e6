/**
 * What a page does in a browser: draws the figures with Vega, and follows the controls. Text, since it is not run here: no
 * types are checked in it, so it stays small and decides nothing that the specifications can.
 */
export const pageScript = `"use strict";
(() => {
  const page = JSON.parse(document.getElementById("figures").textContent);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const state = { scale: page.start.scale, progress: page.start.progress, level: page.start.level, raw: 1, hidden: [] };
  const views = {};

  const draw = (name) => {
    const figure = page.figures[name];
    const theme = dark.matches ? "dark" : "light";
    const spec = structuredClone(figure.specs[state.scale] || figure.specs.linear);
    for (const data of spec.data) if (figure.datasets[data.name]) data.values = figure.datasets[data.name];
    for (const signal of spec.signals || []) if (signal.name in state) signal.value = state[signal.name];
    for (const scale of spec.scales) {
      if (scale.name === "color") scale.range = scale.domain.map((i) => page.palettes[theme][i % page.palettes[theme].length]);
    }
    if (name === "loss") for (const axis of spec.axes) if (Object.values(page.progressTitles).includes(axis.title)) axis.title = page.progressTitles[state.progress];
    const box = document.getElementById(name);
    if (views[name]) views[name].finalize();
    const view = new vega.View(vega.parse(spec, page.themes[theme]), { renderer: "svg", hover: false });
    views[name] = view;
    view.initialize(box.querySelector(".vega")).runAsync();
    box.removeAttribute("hidden");
  };
  const drawAll = () => Object.keys(page.figures).forEach(draw);

  const signal = (name, value) => {
    state[name] = value;
    for (const view of Object.values(views)) {
      try { view.signal(name, value).runAsync(); } catch { /* a figure without it */ }
    }
  };

  for (const input of all(".controls input")) {
    if (input.name in state) input.checked = String(state[input.name]) === input.value;
    input.addEventListener("change", () => {
      if (input.name === "level" || input.name === "raw") return signal(input.name, Number(input.value));
      if (input.name === "run") {
        for (const sample of all(".sample")) sample.hidden = sample.dataset.run !== input.value;
        return;
      }
      state[input.name] = input.value;
      drawAll();
    });
  }
  for (const control of all(".controls, .legend")) control.hidden = false;

  const chips = all(".legend button");
  const hide = (hidden) => {
    for (const chip of chips) chip.setAttribute("aria-pressed", String(!hidden.includes(Number(chip.dataset.variant))));
    signal("hidden", hidden);
  };
  for (const chip of chips) {
    const variant = Number(chip.dataset.variant);
    const others = chips.map((other) => Number(other.dataset.variant)).filter((other) => other !== variant);
    chip.addEventListener("click", () =>
      hide(state.hidden.includes(variant) ? state.hidden.filter((one) => one !== variant) : [...state.hidden, variant]));
    chip.addEventListener("dblclick", () => hide(page.names.length > 1 && state.hidden.length === others.length ? [] : others));
  }

  for (const button of all("thead button")) {
    button.addEventListener("click", () => {
      const head = button.closest("th");
      const column = [...head.parentNode.children].indexOf(head);
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of all("th", head.parentNode)) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const body = head.closest("table").tBodies[0];
      const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
      const compare = (a, b) => {
        const [x, y] = [Number(key(a)), Number(key(b))];
        if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y) || key(a).localeCompare(key(b));
        return down ? y - x : x - y;
      };
      body.append(...[...body.rows].sort(compare));
    });
  }

  // The values of all variants where the pointer is.
  const nearest = (values, x) => {
    let [low, high] = [0, values.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (values[middle] <= x) low = middle; else high = middle;
    }
    return x - values[low] <= values[high] - x ? low : high;
  };
  const readings = {
    loss: (x) => page.figures.loss.datasets.smooth.map((curve) => {
      const at = nearest(curve[state.progress], x);
      return { variant: curve.variant, x: curve[state.progress][at], y: curve["mean" + Math.max(1, state.level)][at] };
    }),
    rate: (x) => page.figures.rate.datasets.rates.map((curve) => {
      const at = Math.max(0, curve.step.findLastIndex((step) => step <= x));
      const [from, to] = [curve.step[at], curve.step[at + 1]];
      const share = to > from ? (x - from) / (to - from) : 0;
      return { variant: curve.variant, x, y: curve.rate[at] + (to > from ? share * (curve.rate[at + 1] - curve.rate[at]) : 0) };
    }),
    test: (x) => {
      const epoch = Math.round(x);
      return page.figures.test.datasets.tests.filter((row) => row.epoch === epoch)
        .map((row) => ({ variant: row.variant, x: epoch, y: row.mean }));
    }
  };
  const text = (value) => value == null ? "–" : Math.abs(value) < 1e-3 && value !== 0 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  const escape = (name) => name.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);
  for (const name of Object.keys(page.figures)) {
    const box = document.getElementById(name);
    const cursor = box.querySelector(".cursor");
    const reading = box.querySelector(".reading");
    const leave = () => { cursor.hidden = reading.hidden = true; };
    box.addEventListener("pointerleave", leave);
    box.addEventListener("pointermove", (event) => {
      const view = views[name];
      const edge = box.getBoundingClientRect();
      const [left, top] = view.origin();
      const at = event.clientX - edge.left - left;
      if (at < 0 || at > view.width()) return leave();
      const rows = readings[name](view.scale("x").invert(at))
        .filter((row) => !state.hidden.includes(row.variant) && row.y != null)
        .sort((a, b) => b.y - a.y);
      if (rows.length === 0) return leave();
      const x = view.scale("x")(rows[0].x) + left;
      cursor.style.cssText = "left:" + x + "px;top:" + top + "px;height:" + view.height() + "px";
      const unit = name === "loss" ? page.progressWords[state.progress] : name === "rate" ? "step" : "epoch";
      const count = unit === "step" ? Math.round(rows[0].x) : Number(rows[0].x.toPrecision(4));
      reading.innerHTML = "<b>" + (unit === "time" ? count + " s" : unit + " " + count) + "</b>" + rows.slice(0, 12).map((row) =>
        "<div><span><svg class=swatch viewBox='0 0 18 10'><path d='M0 5h18' stroke='var(--v" + row.variant +
        ")' stroke-width='3'/></svg>" + escape(page.names[row.variant]) + "</span><span>" + text(row.y) + "</span></div>").join("");
      cursor.hidden = reading.hidden = false;
      const beside = x + 14 + reading.offsetWidth > edge.width ? x - 14 - reading.offsetWidth : x + 14;
      reading.style.left = Math.max(0, beside) + "px";
      reading.style.top = top + 6 + "px";
    });
  }

  dark.addEventListener("change", drawAll);
  drawAll();
})();
`
