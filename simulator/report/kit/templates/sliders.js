"use strict";
// What a reader changes: exact lines of money (results/repricing.py, results/reader_verdict.py)
// and emulated figures (sensitivity/emulator.py), the same lines of arithmetic as there.
(function () {
  var holder = document.getElementById("sliders");
  if (!holder) { return; }
  var given = JSON.parse(holder.textContent);
  var MINUS = "\u2212";

  function numbers(text) {
    var bytes = window.atob(text), view = new DataView(new ArrayBuffer(bytes.length)), i;
    for (i = 0; i < bytes.length; i += 1) { view.setUint8(i, bytes.charCodeAt(i)); }
    var out = [];
    for (i = 0; i < bytes.length; i += 8) { out.push(view.getFloat64(i, true)); }
    return out;
  }

  function each(selector, act, within) {
    Array.prototype.forEach.call((within || document).querySelectorAll(selector), act);
  }

  function written(scale, value, signed, bare) {
    var size = Math.abs(value / scale.divisor).toFixed(scale.decimals);
    var parts = size.split(".");
    parts[0] = parts[0].replace(/\B(?=(\d{3})+$)/g, ",");
    var amount = parts.join("."), sign = /[1-9]/.test(size) ? (value < 0 ? MINUS : signed ? "+" : "") : "";
    return bare ? sign + amount : scale.form.replace("{sign}", sign).replace("{amount}", amount);
  }

  // Of a symmetric matrix of n rows, whose upper triangle is given row by row.
  function entry(triangle, n, a, b) {
    var low = Math.min(a, b);
    return triangle[low * n - low * (low - 1) / 2 + Math.abs(a - b)];
  }

  function filled(message, said) {
    return message.replace(/\{(\w+)\}/g, function (whole, name) { return said[name]; });
  }

  // ---- money ----

  function money(model) {
    var S = model.scenarios, P = model.policies.length, T = model.months, N = 5 * S * P;
    var lines = numbers(model.lines), left = numbers(model.left);
    var spread = numbers(model.spread), reach = numbers(model.reach), gapReach = numbers(model.gap_reach);
    var tried = model.tried.map(function (text) { return text === null ? null : numbers(text); });

    function charge(prices) {
      return (model.equity - prices.funding * (1 - prices.tax)) / 12 * model.capital;
    }

    function factors(prices) {
      return [1, -prices.tax, -prices.operating * (1 - prices.tax), -charge(prices), 1].map(
        function (factor) { return prices.size * factor; });
    }

    function discount(prices) { return 1 / (1 + prices.funding * (1 - prices.tax) / 12); }

    function withAll(own, weights) {
      var all = 0;
      own.forEach(function (worth, s) { all += weights[s] * worth; });
      return [all].concat(own);
    }

    // Mean value against the current policy: over all scenarios by weight, then in each.
    function worth(prices, p) {
      var by = factors(prices), v = discount(prices), before = discount(model.prices), own = [];
      for (var s = 0; s < S; s += 1) {
        var sum = by[4] * left[p * S + s] * Math.pow(v / before, T);
        for (var k = 0; k < 4; k += 1) {
          var line = 0, factor = 1, at = ((p * S + s) * 4 + k) * T;
          for (var t = 0; t < T; t += 1) { factor *= v; line += lines[at + t] * factor; }
          sum += by[k] * line;
        }
        own.push(sum);
      }
      return withAll(own, prices.weights);
    }

    // Covariance of the worths of two policies, (S, S); of the spread the upper triangle is given.
    function between(prices, p, q) {
      var by = factors(prices), found = [], s, t, i, j;
      for (s = 0; s < S; s += 1) {
        found.push([]);
        for (t = 0; t < S; t += 1) {
          var sum = 0;
          for (i = 0; i < 5; i += 1) {
            for (j = 0; j < 5; j += 1) {
              sum += by[i] * by[j] * entry(spread, N, (p * S + s) * 5 + i, (q * S + t) * 5 + j);
            }
          }
          found[s].push(sum);
        }
      }
      return found;
    }

    function overall(found, weights) {
      var all = 0, s, t;
      for (s = 0; s < S; s += 1) {
        for (t = 0; t < S; t += 1) { all += weights[s] * weights[t] * found[s][t]; }
      }
      return all;
    }

    function root(square) { return Math.sqrt(Math.max(square, 0)); }

    function errors(prices, p) {
      var found = between(prices, p, p);
      return [overall(found, prices.weights)].concat(found.map(function (row, s) { return row[s]; })).map(root);
    }

    function gapError(prices, p, q) {
      var own = [[p, p], [q, q], [p, q]].map(function (pair) {
        return overall(between(prices, pair[0], pair[1]), prices.weights);
      });
      return root(own[0] + own[1] - 2 * own[2]);
    }

    function times(now, before, prices) { return before > 0 ? now / before : prices.size; }

    // Half the run's interval, by the standard error over paths.
    function half(prices, p) {
      var before = errors(model.prices, p);
      return errors(prices, p).map(function (error, s) {
        return reach[p * (S + 1) + s] * times(error, before[s], prices);
      });
    }

    function gapHalf(prices, p, q) {
      return gapReach[p * P + q] * times(gapError(prices, p, q), gapError(model.prices, p, q), prices);
    }

    function all(prices) {
      return model.policies.map(function (label, p) {
        return { label: label, worth: worth(prices, p), half: half(prices, p), hindered: model.hindered[p] };
      });
    }

    // How many assumptions overturn a worth, of how many that move it; null: tried on others alone.
    function counts(p, mean, size) {
      var pairs = tried[p], found = [0, 0];
      if (pairs === null) { return found; }
      if (!pairs.length) { return null; }
      for (var i = 0; i < pairs.length; i += 2) {
        if (!(size * pairs[i] > 1e-3 * Math.abs(mean))) { continue; }
        found[1] += 1;
        if (mean > 0 && !(mean + size * pairs[i + 1] > 0)) { found[0] += 1; }
      }
      return found;
    }

    // The value, what no scenario may lose and assumptions decide here; the rest is as in the run.
    function judged(found, prices) {
      found.forEach(function (one, p) {
        one.place = p;
        one.gains = one.worth[0] - one.half[0] > 0;
        one.keeps = one.worth.slice(1).every(function (worth, s) {
          return worth === 0 || worth - one.half[s + 1] > -model.most_loss * prices.size;
        });
        one.clear = one.gains && one.keeps && !one.hindered;
        one.counts = counts(p, one.worth[0], prices.size);
        one.firm = one.clear && one.counts !== null && 2 * one.counts[0] <= one.counts[1];
      });
      var order = found.slice().sort(function (a, b) {
        return (b.clear - a.clear) || (b.gains - a.gains) || (b.worth[0] - a.worth[0]);
      });
      var firm = order.filter(function (one) { return one.firm; })[0];
      if (firm) { order = [firm].concat(order.filter(function (one) { return one !== firm; })); }
      var first = order[0];
      return {
        order: order,
        outcome: firm ? "recommended" : first.clear ? "depends_on_assumptions" : "no_clear_case",
        tied: order.slice(1).filter(function (one) {
          var gap = first.worth[0] - one.worth[0];
          return gap === 0 || Math.abs(gap) <= gapHalf(prices, first.place, one.place);
        })
      };
    }
    return { all: all, judged: judged, gapHalf: gapHalf };
  }

  function moneySliders(model) {
    var box = document.getElementById("what-if-money");
    var engine = money(model), inputs = [], cells = [];
    var flag = document.getElementById("reader-flag");

    function prices() {
      var found = { weights: model.prices.weights.slice() }, moved = false;
      ["funding", "tax", "operating", "size"].forEach(function (name) { found[name] = model.prices[name]; });
      inputs.forEach(function (input) {
        if (input.dataset.moved !== "1") { return; }
        moved = true;
        if (input.dataset.price === "weight") { found.weights[+input.dataset.place] = +input.value; }
        else { found[input.dataset.price] = +input.value; }
      });
      var sum = found.weights.reduce(function (a, b) { return a + b; }, 0);
      if (sum > 0) { found.weights = found.weights.map(function (weight) { return weight / sum; }); }
      found.moved = moved;
      found.known = sum > 0;
      return found;
    }

    function tell(input, found) {
      var name = input.dataset.price;
      var value = name === "weight" ? found.weights[+input.dataset.place] : found[name];
      var words = written(name === "size" || name === "operating" ? model.whole : model.percent, value);
      input.nextElementSibling.textContent = words;
      input.setAttribute("aria-valuetext", words);
    }

    function mark(cell, mean, half) {
      var kind = half !== half ? "single" : mean - half > 0 ? "better" : mean + half < 0 ? "worse" : "unclear";
      if (mean === 0) { kind = "same"; }
      cell.className = cell.className.replace(/\b(better|worse|unclear|same|single)\b/g, "") + " " + kind;
      cell.querySelector(".difference").textContent = written(model.scale, mean, true);
      var span = cell.querySelector(".span");
      if (span) {
        var ends = { low: written(model.scale, mean - half, false, true), high: written(model.scale, mean + half, false, true) };
        span.textContent = half === half ? filled(model.words.span, ends) : "";
      }
    }

    function show() {
      var found = prices(), results = engine.all(found);
      inputs.forEach(function (input) { tell(input, found); });
      document.body.classList.toggle("changed", found.moved);
      flag.hidden = !found.moved;
      cells.forEach(function (kept) {
        if (!found.moved && !kept.own) {
          kept.cell.className = kept.kind;
          kept.cell.innerHTML = "";
          kept.nodes.forEach(function (node) { kept.cell.appendChild(node.cloneNode(true)); });
          return;
        }
        mark(kept.cell, results[kept.p].worth[kept.s], results[kept.p].half[kept.s]);
      });
      if (!found.moved) { return; }
      var verdict = engine.judged(results, found), best = verdict.order[0], words = model.words;
      var said = {
        policy: best.label, worth: written(model.scale, best.worth[0], true),
        low: written(model.scale, best.worth[0] - best.half[0], false, true),
        high: written(model.scale, best.worth[0] + best.half[0], false, true)
      };
      if (best.counts) { said.turned = best.counts[0]; said.n = best.counts[1]; }
      flag.textContent = !found.known ? words.weightless : [filled(message(verdict), said)].concat(
        verdict.tied.length ? filled(words.tie, { policies: listed(verdict.tied) }) : []).join(words.between);
    }

    function message(verdict) {
      var best = verdict.order[0], words = model.words;
      if (best.half[0] !== best.half[0]) { return words.single; }
      if (verdict.outcome === "recommended") { return words.clear; }
      if (best.clear) { return best.counts ? words.depends : words.untried; }
      return best.gains ? words.hindered : words.none;
    }

    function listed(some) {
      var labels = some.map(function (one) { return one.label; }), last = labels.pop();
      return labels.length ? labels.join(model.words.comma) + model.words.last_comma + last : last;
    }

    each("[data-worth]", function (cell) {
      var place = cell.dataset.worth.split(",");
      cells.push({
        cell: cell, s: +place[0], p: +place[1], own: box.contains(cell), kind: cell.className,
        nodes: Array.prototype.map.call(cell.childNodes, function (node) { return node.cloneNode(true); })
      });
    });
    each("input[type=range]", function (input) {
      inputs.push(input);
      input.addEventListener("input", function () { input.dataset.moved = "1"; show(); });
    }, box);
    box.querySelector("button").addEventListener("click", function () {
      inputs.forEach(function (input) { input.value = input.defaultValue; input.dataset.moved = ""; });
      show();
    });
    box.hidden = false;
    show();
    return engine;
  }

  // ---- emulated figures ----

  function emulator(model) {
    var inverse = numbers(model.inverse), n = model.terms.length + 1;
    var fits = model.figures.map(function (figure) { return numbers(figure.coefficients); });

    function row(values) {
      var x = values.map(function (value, i) {
        return 2 * ((value - model.inputs[i].low) / (model.inputs[i].high - model.inputs[i].low)) - 1;
      });
      return [1].concat(model.terms.map(function (term) {
        if (term.length === 1) { return Math.sqrt(3) * x[term[0]]; }
        if (term[0] === term[1]) { return Math.sqrt(45 / 4) * (x[term[0]] * x[term[0]] - 1 / 3); }
        return 3 * x[term[0]] * x[term[1]];
      }));
    }

    return function (values) {
      var f = row(values), leverage = 0, i, j;
      for (i = 0; i < n; i += 1) {
        for (j = 0; j < n; j += 1) { leverage += f[i] * entry(inverse, n, i, j) * f[j]; }
      }
      return model.figures.map(function (figure, k) {
        var mean = figure.shift;
        f.forEach(function (part, place) { mean += part * fits[k][place]; });
        var band = figure.width * Math.sqrt(1 + leverage);
        return { mean: mean, low: mean - band, high: mean + band, inside: leverage <= model.most };
      });
    };
  }

  function emulatedSliders(model, box) {
    var told = emulator(model), inputs = [], rows = [];
    each("input[type=range]", function (input) { inputs.push(input); }, box);
    each("tr[data-figure]", function (found) { rows.push(found); }, box);

    // A slider that was not moved stands for the run's own setting, which its steps may miss.
    function valueOf(input, i) {
      return input.dataset.moved === "1" ? +input.value : model.inputs[i].setting;
    }

    function show() {
      var values = inputs.map(valueOf), found = told(values), inside = found[0].inside;
      inputs.forEach(function (input, i) {
        var words = String(values[i]);
        input.nextElementSibling.textContent = words;
        input.setAttribute("aria-valuetext", words);
      });
      box.classList.toggle("outside", !inside);
      box.querySelector(".hull").textContent = inside ? "" : model.words.outside;
      rows.forEach(function (one, k) {
        var figure = model.figures[k], cells = one.querySelectorAll("td");
        cells[0].textContent = inside ? written(figure.scale, found[k].mean, figure.signed) : model.words.unknown;
        cells[1].textContent = inside ? filled(model.words.span, {
          low: written(figure.scale, found[k].low, false, true), high: written(figure.scale, found[k].high, false, true)
        }) : "";
      });
      box.querySelector("code").textContent = [model.command].concat(values.map(function (value, i) {
        return model.inputs[i].key + "=" + value;
      })).join(" ");
    }

    inputs.forEach(function (input) {
      input.addEventListener("input", function () { input.dataset.moved = "1"; show(); });
    });
    box.querySelector("button").addEventListener("click", function () {
      inputs.forEach(function (input) { input.value = input.defaultValue; input.dataset.moved = ""; });
      show();
    });
    box.hidden = false;
    show();
    return told;
  }

  var reached = { money: null, emulators: [], priced: money };
  if (given.money) { reached.money = moneySliders(given.money); }
  given.emulators.forEach(function (model, i) {
    reached.emulators.push(emulatedSliders(model, document.getElementById("emulator-" + i)));
  });
  document.getElementById("what-if").hidden = false;
  window.whatIf = reached;
}());
