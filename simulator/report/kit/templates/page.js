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

  var lists = Array.prototype.slice.call(document.querySelectorAll("select[data-axis]"));
  var FIRST_AGREE_ON = ["metric", "segment", "policy", "scenario"];

  // Place of the choice that agrees best with the lists: those that agree on an axis, if any do.
  function placeOf(figure) {
    var places = figure.at.map(function (at, place) { return place; });
    FIRST_AGREE_ON.forEach(function (axis) {
      lists.forEach(function (list) {
        if (list.dataset.axis !== axis) { return; }
        var agree = places.filter(function (place) { return figure.at[place][axis] === list.value; });
        if (agree.length) { places = agree; }
      });
    });
    return places[0];
  }

  function chosenOf(figure) {
    var place = placeOf(figure);
    return place > 0 ? figure.others[place - 1] : figure;
  }

  function tell(figure) {
    var line = document.getElementById("shows-" + figure.id);
    var words = figure.shows[placeOf(figure)];
    if (line && line.textContent !== words) { line.textContent = words; }
  }

  function layoutOf(figure, width) {
    return (chosenOf(figure).layouts || figure.layouts)[sizeFor(width)];
  }

  function bare(labels) {
    return labels.map(function (label) { return String(label).trim(); });
  }

  // Months have a column of their own where all its cells are whole numbers; a long run lists some
  // months only, so the nearest one counts.
  function rowsOfMonth(rows, month) {
    var column = rows.length && isFinite(month) ? rows[0].names.findIndex(function (name, place) {
      return rows.every(function (row) { return /^\d+$/.test(row.names[place]); });
    }) : -1;
    if (column < 0) { return rows; }
    var off = rows.map(function (row) { return Math.abs(Number(row.names[column]) - month); });
    var least = Math.min.apply(null, off);
    return rows.filter(function (row, place) { return off[place] === least; });
  }

  // Rows of the figure's table that a point stands for.
  function rowsOf(fold, point) {
    var wanted = bare((point.data.meta && point.data.meta.row) || []);
    var rows = Array.prototype.map.call(fold.querySelectorAll("tbody tr"), function (row) {
      var names = Array.prototype.map.call(row.querySelectorAll("th"), function (cell) {
        return cell.textContent;
      });
      return { row: row, names: bare(names) };
    });
    var named = rows.filter(function (row) {
      return wanted.every(function (name) { return row.names.indexOf(name) >= 0; });
    });
    var found = rowsOfMonth(named, typeof point.x === "number" ? point.x : NaN);
    return wanted.length || found.length < rows.length ? found : [];
  }

  function unmark() {
    var marked = document.querySelectorAll("tr.marked");
    Array.prototype.forEach.call(marked, function (row) { row.classList.remove("marked"); });
  }

  function markRows(figure, point) {
    var fold = document.getElementById("numbers-" + figure.id);
    var found = rowsOf(fold, point).map(function (each) { return each.row; });
    var again = found.length > 0 && found.every(function (row) { return row.classList.contains("marked"); })
      && document.querySelectorAll("tr.marked").length === found.length;
    unmark();
    if (again || !found.length) { return; }
    fold.open = true;
    found.forEach(function (row) { row.classList.add("marked"); });
    found[0].scrollIntoView({ block: "center" });
  }

  function listen(figure, host) {
    if (figure.listens) { return; }
    figure.listens = true;
    host.on("plotly_click", function (event) { markRows(figure, event.points[0]); });
  }

  // In a sandbox (the desk's, a viewer's) a page may save nothing: its numbers are shown, to be copied.
  var maySave = window.location.protocol === "file:" || window.origin !== "null";

  function show(figure, button) {
    var place = document.getElementById("copy-" + figure.id);
    var text = place.querySelector("textarea");
    place.hidden = !place.hidden;
    button.setAttribute("aria-expanded", String(!place.hidden));
    if (place.hidden) { return; }
    text.value = figure.file.text.replace(/^\uFEFF/, "");
    text.focus();
    text.select();
  }

  function save(file) {
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([file.text], { type: "text/csv;charset=utf-8" }));
    link.download = file.name;
    link.click();
    window.setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
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
    figure.drawn = placeOf(figure);
    host.dataset.shows = figure.shows[figure.drawn];
    listen(figure, host);
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
  function drawInTurn(figures) {
    window.clearTimeout(turn);
    var far = {};
    figures.forEach(function (figure) { far[figure.id] = outOfSight(figure); });
    queue = figures.slice().sort(function (a, b) { return far[a.id] - far[b.id]; });
    drawNext();
  }

  function drawAllInTurn() {
    page.figures.forEach(function (figure) { figure.drawn = -1; });
    drawInTurn(page.figures);
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

  // Only figures that have something else to show are drawn again.
  function follow() {
    page.figures.forEach(tell);
    drawInTurn(page.figures.filter(function (figure) { return figure.drawn !== placeOf(figure); }));
  }

  lists.forEach(function (list) { list.addEventListener("change", follow); });
  page.figures.forEach(function (figure) {
    var button = document.querySelector("button[data-figure='" + figure.id + "']");
    button.hidden = false;
    if (!maySave) {
      button.setAttribute("aria-label", button.dataset.copy);
      button.setAttribute("aria-expanded", "false");
    }
    button.addEventListener("click", function () {
      if (maySave) { save(figure.file); } else { show(figure, button); }
    });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") { unmark(); }
  });

  var waiting = 0;
  window.addEventListener("resize", function () {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(drawAllInTurn, 120);
  });
  darkScheme.addEventListener("change", drawAllInTurn);
  window.addEventListener("beforeprint", function () { printing = true; drawAtOnce(); });
  window.addEventListener("afterprint", function () { printing = false; drawAllInTurn(); });
  page.figures.forEach(reserve);
  page.figures.forEach(tell);
  drawAllInTurn();
}());
