"use strict";
(function () {
  var page = JSON.parse(document.getElementById("drawings").textContent);
  var darkScheme = window.matchMedia("(prefers-color-scheme: dark)");
  var NARROW_BELOW = 560;
  var MEDIUM_BELOW = 900;
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

  function draw(figure) {
    var host = document.getElementById(figure.id);
    var width = host.clientWidth;
    if (!width) { return; }
    var size = width < MEDIUM_BELOW || printing ? "medium" : "wide";
    if (width < NARROW_BELOW && !printing) { size = "narrow"; }
    var swaps = darkScheme.matches && !printing ? page.colours : {};
    var chooser = document.getElementById(figure.id + "-choice");
    var chosen = chooser && chooser.selectedIndex > 0 ? figure.others[chooser.selectedIndex - 1] : figure;
    var layout = recolour((chosen.layouts || figure.layouts)[size], swaps, false);
    layout.width = width;
    host.style.height = layout.height + "px";
    Plotly.react(host, recolour(chosen.data, swaps, false), layout, {
      displayModeBar: false, responsive: false, scrollZoom: false, doubleClick: false
    });
    var drawn = host.querySelectorAll("svg");
    for (var i = 0; i < drawn.length; i += 1) { drawn[i].setAttribute("aria-hidden", "true"); }
  }

  function drawAll() { page.figures.forEach(draw); }

  page.figures.forEach(function (figure) {
    var chooser = document.getElementById(figure.id + "-choice");
    if (chooser) { chooser.addEventListener("change", function () { draw(figure); }); }
  });

  var waiting = 0;
  window.addEventListener("resize", function () {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(drawAll, 120);
  });
  darkScheme.addEventListener("change", drawAll);
  window.addEventListener("beforeprint", function () { printing = true; drawAll(); });
  window.addEventListener("afterprint", function () { printing = false; drawAll(); });
  drawAll();
}());
