"use strict";
(function () {
  var page = JSON.parse(document.getElementById("drawings").textContent);
  var darkScheme = window.matchMedia("(prefers-color-scheme: dark)");
  var NARROW_BELOW = 560;
  var MEDIUM_BELOW = 900;
  var PAPER_WIDTH = 687;  // A4 less the margins of the style sheet; before printing, the screen's counts.
  var printing = false;

  function recolour(value, swaps, inColour) {
    if (typeof value === "string") {
      return inColour && Object.prototype.hasOwnProperty.call(swaps, value) ? swaps[value] : value;
    }
    if (Array.isArray(value)) {
      return value.map(function (item) { return recolour(item, swaps, inColour); });
    }
    if (value && typeof value === "object") {
      var out = {};
      Object.keys(value).forEach(function (key) {
        out[key] = recolour(value[key], swaps, inColour || /color/.test(key));
      });
      return out;
    }
    return value;
  }

  function sizeFor(width) {
    if (printing) { return "medium"; }
    if (width < NARROW_BELOW) { return "narrow"; }
    return width < MEDIUM_BELOW ? "medium" : "wide";
  }

  function chosenOf(figure) {
    var chooser = document.getElementById(figure.id + "-choice");
    return chooser && chooser.selectedIndex > 0 ? figure.others[chooser.selectedIndex - 1] : figure;
  }

  function layoutOf(figure, width) {
    return (chosenOf(figure).layouts || figure.layouts)[sizeFor(width)];
  }

  function draw(figure) {
    var host = document.getElementById(figure.id);
    var width = printing ? PAPER_WIDTH : host.clientWidth;
    if (!width) { return; }
    var swaps = darkScheme.matches && !printing ? page.colours : {};
    var layout = recolour(layoutOf(figure, width), swaps, false);
    layout.width = width;
    host.style.height = layout.height + "px";
    Plotly.react(host, recolour(chosenOf(figure).data, swaps, false), layout, {
      displayModeBar: false, responsive: false, scrollZoom: false, doubleClick: false
    });
    var drawn = host.querySelectorAll("svg");
    for (var i = 0; i < drawn.length; i += 1) { drawn[i].setAttribute("aria-hidden", "true"); }
  }

  var queue = [];
  var turn = 0;

  function drawNext() {
    var figure = queue.shift();
    if (!figure) { return; }
    draw(figure);
    turn = window.setTimeout(drawNext, 0);
  }

  function outOfSight(figure) {
    var place = document.getElementById(figure.id).getBoundingClientRect();
    return Math.max(0, place.top - window.innerHeight, -place.bottom);
  }

  // One figure a turn, the nearest first, so that the page answers meanwhile.
  function drawInTurn() {
    window.clearTimeout(turn);
    var far = {};
    page.figures.forEach(function (figure) { far[figure.id] = outOfSight(figure); });
    queue = page.figures.slice().sort(function (a, b) { return far[a.id] - far[b.id]; });
    drawNext();
  }

  // Paper waits for nobody.
  function drawAtOnce() {
    window.clearTimeout(turn);
    queue = [];
    page.figures.forEach(draw);
  }

  // The place of a figure is kept free, so that nothing moves when it is drawn.
  function reserve(figure) {
    var host = document.getElementById(figure.id);
    if (host.clientWidth) { host.style.height = layoutOf(figure, host.clientWidth).height + "px"; }
  }

  page.figures.forEach(function (figure) {
    var chooser = document.getElementById(figure.id + "-choice");
    if (chooser) { chooser.addEventListener("change", function () { draw(figure); }); }
  });

  var waiting = 0;
  window.addEventListener("resize", function () {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(drawInTurn, 120);
  });
  darkScheme.addEventListener("change", drawInTurn);
  window.addEventListener("beforeprint", function () { printing = true; drawAtOnce(); });
  window.addEventListener("afterprint", function () { printing = false; drawInTurn(); });
  page.figures.forEach(reserve);
  drawInTurn();
}());
