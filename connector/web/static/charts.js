// Draws the pictures of a page with Vega, in the place of those that the server drew: as wide as there is room, with
// what a mark means when it is pointed at, and with its rows when it is clicked. No eval: expressions are interpreted.
(() => {
  "use strict";
  const views = new WeakMap();

  const room = (figure) => Math.max(Math.floor(figure.querySelector(".drawing").clientWidth), 200);

  const draw = async (figure) => {
    if (views.has(figure)) return;
    views.set(figure, null);
    const drawing = figure.querySelector(".drawing");
    const width = room(figure);
    const spec = JSON.parse(figure.dataset.vega);
    const view = new vega.View(vega.parse(spec, null, { ast: true }), {
      expr: vega.expressionInterpreter,
      renderer: "svg",
      hover: true,
    });
    const canvas = document.createElement("div");
    await view.width(width).initialize(canvas).runAsync();
    drawing.replaceChildren(canvas);
    views.set(figure, view);
    figure.dataset.drawn = "vega";
    new ResizeObserver(() => {
      const now = room(figure);
      if (Math.abs(now - view.width()) > 1) view.width(now).runAsync();
    }).observe(drawing);
  };

  const drawAll = (root) => {
    for (const figure of root.querySelectorAll("figure[data-vega]")) {
      // The picture of the server stays where ours cannot be drawn.
      draw(figure).catch((failed) => console.error(failed));
    }
  };

  document.addEventListener("DOMContentLoaded", () => drawAll(document));
  document.addEventListener("htmx:afterSettle", (event) => drawAll(event.target));
})();
