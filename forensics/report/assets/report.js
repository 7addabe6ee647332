"use strict";
// The timeline, made to be handled: hover, zoom, pan, one run alone. Without this script it is a plain picture with the same content.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 108e5, 216e5, 432e5, 864e5,
    1728e5, 6048e5, 2592e6, 31536e6].map((ms) => ms * 1000);
  const DEEPEST = 2000; // microseconds that the whole width stands for, at least
  const number = (element, name) => Number(element.getAttribute(name));

  function setup(figure) {
    const svg = figure.querySelector("svg");
    const [lo, hi, left, right] = ["data-lo", "data-hi", "data-left", "data-right"].map((name) => number(svg, name));
    const rows = [...svg.querySelectorAll("g.row")];
    const height = number(svg, "height") - rows.reduce((sum, row) => sum + number(row, "data-h"), 0);
    const at = (t, a, b) => left + ((t - a) / (b - a)) * (right - left);
    let a = lo, b = hi, run = "";

    const shapes = [...svg.querySelectorAll("[data-a]")].map((element) => {
      const from = number(element, "data-a"), to = number(element, "data-b");
      const moved = (element.getAttribute("transform") || "").match(/translate\(([-\d.]+) ([-\d.]+)\)/);
      const x = moved ? Number(moved[1]) : number(element, element.tagName === "line" ? "x1" : "x");
      return {
        element, from, to, x, y: moved ? moved[2] : "", end: element.tagName === "line" ? number(element, "x2") : 0, anchor: element.getAttribute("text-anchor"),
        hidden: element.getAttribute("visibility") === "hidden", fits: element.hasAttribute("data-fits"), least: number(element, "data-least") || 0.6,
        axis: element.parentNode.matches(".axis, .grid"),
      };
    });

    function place(shape) {
      const element = shape.element, whole = a === lo && b === hi, x = at(shape.from, a, b), to = at(shape.to, a, b);
      const inside = to >= left - 0.5 && x <= right + 0.5;
      const show = (yes) => element.setAttribute("visibility", yes ? "visible" : "hidden");
      if (shape.axis) { show(whole); return; }
      if (element.tagName === "rect") {
        const start = Math.max(x, left - 50), end = Math.min(to, right + 50);
        element.setAttribute("x", start);
        element.setAttribute("width", Math.max(end - start, shape.least));
        show(inside);
      } else if (element.tagName === "line" && shape.from !== shape.to) {
        element.setAttribute("x1", Math.min(Math.max(x, left), right));
        element.setAttribute("x2", Math.max(Math.min(to, right), left));
        show(inside);
      } else if (element.tagName === "line") {
        element.setAttribute("x1", x + shape.x - at(shape.from, lo, hi));
        element.setAttribute("x2", x + shape.end - at(shape.from, lo, hi));
        show(inside);
      } else if (element.tagName === "text" && shape.fits) {
        const start = Math.max(x, left), end = Math.min(to, right);
        if (element.getComputedTextLength() + 4 <= end - start) {
          element.setAttribute("text-anchor", "middle");
          element.setAttribute("x", (start + end) / 2);
          show(true);
        } else { // beside its bar, where there was room from the start: zooming in only widens it
          const beside = shape.anchor !== "middle" && !shape.hidden;
          element.setAttribute("text-anchor", shape.anchor);
          element.setAttribute("x", whole ? shape.x : to + shape.x - at(shape.to, lo, hi));
          show(whole ? !shape.hidden : beside && inside && to < right - 20);
        }
      } else if (element.tagName === "text") {
        const now = x + shape.x - at(shape.from, lo, hi);
        element.setAttribute("x", now);
        show(x >= left && x <= right && now < right);
      } else {
        element.setAttribute("transform", `translate(${x + shape.x - at(shape.from, lo, hi)} ${shape.y})`);
        show(inside);
      }
    }

    function said(us, step) {
      const iso = new Date(Math.floor(us / 1000)).toISOString();
      if (step >= 864e8) return iso.slice(0, 10);
      if (step >= 6e7) return iso.slice(11, 16);
      return step >= 1e6 ? iso.slice(11, 19) : iso.slice(11, 23);
    }

    function ticks() {
      svg.querySelectorAll(".made").forEach((element) => element.remove());
      if (a === lo && b === hi) return;
      const step = STEPS.find((s) => (b - a) / s <= Math.max(3, (right - left) / 85)) || STEPS[STEPS.length - 1];
      const grid = svg.querySelector(".grid");
      for (let t = Math.ceil(a / step) * step; t <= b; t += step) {
        const x = at(t, a, b);
        const line = document.createElementNS(SVG, "line");
        for (const [name, value] of [["x1", x], ["x2", x], ["y1", grid.dataset.top], ["y2", grid.dataset.now || grid.dataset.bottom], ["stroke", "#e3e6ea"], ["class", "made"]])
          line.setAttribute(name, value);
        grid.append(line);
        for (const row of rows.filter((r) => r.matches(".axis"))) {
          const text = document.createElementNS(SVG, "text");
          const like = row.querySelector("text[data-a]");
          for (const [name, value] of [["x", x], ["y", like ? like.getAttribute("y") : 16], ["text-anchor", "middle"], ["font-size", 10], ["fill", "#57606a"], ["class", "made"]])
            text.setAttribute(name, value);
          text.textContent = said(t, step);
          row.append(text);
        }
      }
    }

    function rowsNow() {
      const of = (row) => (row.dataset.runs ? row.dataset.runs.split("\n") : []);
      const wanted = rows.map((row) => !run || !row.matches(".lane") || of(row).includes(run));
      rows.forEach((row, i) => {
        if (!row.matches(".group")) return;
        let j = i + 1, any = false;
        for (; j < rows.length && rows[j].matches(".lane"); j++) any = any || wanted[j];
        wanted[i] = any;
      });
      let y = 0, bottom = 0;
      rows.forEach((row, i) => {
        row.setAttribute("display", wanted[i] ? "inline" : "none");
        if (!wanted[i]) return;
        row.setAttribute("transform", `translate(0 ${y})`);
        y += number(row, "data-h");
        if (row.matches(".lane")) bottom = y;
      });
      const grid = svg.querySelector(".grid");
      grid.dataset.now = bottom;
      grid.querySelectorAll("line").forEach((line) => line.setAttribute("y2", bottom));
      const width = number(svg, "width");
      svg.setAttribute("viewBox", `0 0 ${width} ${y + height}`);
      svg.setAttribute("height", y + height);
    }

    function draw() { rowsNow(); shapes.forEach(place); ticks(); figure.dataset.window = `${Math.round(a)} ${Math.round(b)}`; }

    function show(from, to) {
      const span = Math.min(Math.max(to - from, DEEPEST), hi - lo);
      a = Math.min(Math.max(from, lo), hi - span);
      b = a + span;
      draw();
    }
    const zoom = (by, where = (a + b) / 2) => show(where - (where - a) / by, where + (b - where) / by);
    const instant = (event) => {
      const box = svg.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * number(svg, "width");
      return a + ((Math.min(Math.max(x, left), right) - left) / (right - left)) * (b - a);
    };

    const tools = document.createElement("div");
    tools.className = "tools";
    const button = (text, label, does) => {
      const made = document.createElement("button");
      made.type = "button";
      made.textContent = text;
      made.setAttribute("aria-label", label);
      made.addEventListener("click", does);
      tools.append(made);
    };
    button("+", "zoom in", () => zoom(2));
    button("−", "zoom out", () => zoom(0.5));
    button("◀", "earlier", () => show(a - (b - a) / 3, b - (b - a) / 3));
    button("▶", "later", () => show(a + (b - a) / 3, b + (b - a) / 3));
    button("whole", "the whole time", () => show(lo, hi));
    const choose = document.createElement("select");
    choose.setAttribute("aria-label", "run");
    const names = [...new Set(rows.flatMap((row) => (row.dataset.runs ? row.dataset.runs.split("\n") : [])))].sort();
    for (const name of ["", ...names]) {
      const option = document.createElement("option");
      option.value = name;
      option.textContent = name || "all runs";
      choose.append(option);
    }
    choose.addEventListener("change", () => { run = choose.value; draw(); });
    const hint = document.createElement("span");
    hint.textContent = "double-click or Ctrl+wheel zooms, dragging moves";
    tools.append(choose, hint);
    figure.prepend(tools);

    svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(event.deltaY < 0 ? 1.3 : 1 / 1.3, instant(event));
    }, { passive: false });
    svg.addEventListener("dblclick", (event) => { event.preventDefault(); zoom(2, instant(event)); });
    let drag = null;
    svg.addEventListener("pointerdown", (event) => { drag = { from: event.clientX, a, b }; });
    window.addEventListener("pointerup", () => { drag = null; });
    svg.addEventListener("pointermove", (event) => {
      if (!drag || Math.abs(event.clientX - drag.from) < 3) return;
      const moved = ((drag.from - event.clientX) / svg.getBoundingClientRect().width) * (number(svg, "width") / (right - left)) * (drag.b - drag.a);
      show(drag.a + moved, drag.b + moved);
    });

    const tip = document.createElement("div");
    tip.className = "tip";
    tip.hidden = true;
    figure.append(tip);
    for (const title of svg.querySelectorAll("title")) {
      title.parentNode.dataset.tip = title.textContent;
      title.parentNode.setAttribute("aria-label", title.textContent);
      title.remove();
    }
    function hover(element, x, y) {
      const text = element && element.closest && element.closest("[data-tip]");
      tip.hidden = !text || drag !== null;
      if (tip.hidden) return;
      tip.textContent = text.dataset.tip;
      const box = figure.getBoundingClientRect();
      tip.style.left = `${Math.max(4, Math.min(x - box.left + 14, box.width - tip.offsetWidth - 8)) + figure.scrollLeft}px`;
      tip.style.top = `${y - box.top + 18}px`;
    }
    svg.addEventListener("pointermove", (event) => hover(event.target, event.clientX, event.clientY));
    svg.addEventListener("pointerleave", () => hover(null));
    svg.addEventListener("focusin", (event) => {
      const box = event.target.getBoundingClientRect();
      hover(event.target, box.left, box.bottom - 10);
    });
    svg.addEventListener("focusout", () => hover(null));
    draw();
  }

  document.querySelectorAll("figure.timeline").forEach(setup);
  window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
})();
