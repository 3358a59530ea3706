// The desk's page: what can be chosen, the command that runs, the runs there are.
// Text is put in as text, never as HTML; the page's security policy forbids anything else.

import { ask, el, fieldRow, fill, forget, word } from "/form.js";
import { tapeForm } from "/tape.js";

const $ = (id) => document.getElementById(id);
const RANGE = { running: 1000, idle: 4000 };
let choices = null;
let asked = JSON.parse(sessionStorage.getItem("asked") || "null");
let compared = new Set();
let shownRuns = "";
let watched = sessionStorage.getItem("watched") || "";
let previewed = 0;

function say(text) { $("message").textContent = text || ""; }

async function attempt(work) {
  try {
    say("");
    return await work();
  } catch (error) {
    say(error.message);
    return null;
  }
}

function keep() {
  sessionStorage.setItem("asked", JSON.stringify(asked));
  preview();
}

// --- what is asked for ------------------------------------------------------------------------

function request(size) {
  const settings = size === "full" ? asked.settings : {};
  return { book: asked.book, tape: asked.tape, scenarios: asked.scenarios,
    policies: asked.policies, size, settings, trials: size === "quick" || asked.trials };
}

async function preview() {
  const turn = ++previewed;
  await new Promise((done) => setTimeout(done, 150));
  if (turn !== previewed) return;
  const size = Object.keys(asked.settings).length || !asked.trials ? "full" : "quick";
  try {
    const found = await ask("POST", "command", request(size));
    if (turn === previewed) $("command").textContent = found.command;
  } catch (error) {
    if (turn === previewed) $("command").textContent = error.message;
  }
}

async function start(size) {
  if (!Object.keys(asked.scenarios).length) return say(word("one_scenario"));
  for (const id of ["quick", "full"]) $(id).disabled = true;
  await attempt(async () => {
    watch((await ask("POST", "runs", request(size))).id);
    await refresh();
    $("job").scrollIntoView();
    $("cancel").focus();
  });
  await refresh();
}

function watch(id) {
  watched = id;
  sessionStorage.setItem("watched", id);
}

// --- cards ------------------------------------------------------------------------------------

function bookCards() {
  const books = choices.books.map((book) => bookCard(book.label, book.about, book.parameters, book.name, null));
  const tapes = choices.tapes.map((tape) => bookCard(word("tape", tape), "", null, "tape", tape.id));
  $("books").replaceChildren(...books, ...tapes);
}

function bookCard(label, about, parameters, name, tape) {
  const on = asked.book === name && asked.tape === tape;
  const radio = el("input", { type: "radio", name: "book", checked: on });
  radio.addEventListener("change", () => {
    asked.book = name;
    asked.tape = tape;
    delete asked.settings["book.borrowers"];
    bookCards();
    settings();
    keep();
    document.querySelector("#books :checked").focus();
    showTape();
  });
  const fitted = parameters ? el("p", { class: "about" }, word("fitted", { name: parameters })) : "";
  return el("div", { class: on ? "card on" : "card" }, el("label", {}, radio, " ", el("span", {}, label)),
    el("p", { class: "about", lang: said(about) }, about), fitted);
}

// English that has no translation is marked, for those to whom a page is read.
function said(text) {
  return document.documentElement.lang !== "en" && /^[\x00-\x7f]+$/.test(text) ? "en" : undefined;
}

function sparkLine(values, text) {
  if (!values.length) return "";
  const space = "http://www.w3.org/2000/svg";
  const low = Math.min(...values), high = Math.max(...values);
  const y = (v) => (high > low ? 38 - (36 * (v - low)) / (high - low) : 20);
  const step = 200 / Math.max(1, values.length - 1);
  const svg = document.createElementNS(space, "svg");
  for (const [name, value] of Object.entries({ class: "spark", viewBox: "0 0 200 40",
    preserveAspectRatio: "none", role: "img", "aria-label": text })) svg.setAttribute(name, value);
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", values.map((v, i) => `${i ? "L" : "M"}${(i * step).toFixed(1)} ${y(v).toFixed(1)}`).join(""));
  svg.append(path);
  return svg;
}

function choose(group, name, value, most, box) {
  if (box.checked && Object.keys(asked[group]).length >= most) {
    box.checked = false;
    say(word("most", { n: most }));
    return;
  }
  say("");
  if (box.checked) asked[group][name] = value;
  else delete asked[group][name];
  keep();
}

function scenarioCard(scenario) {
  const box = el("input", { type: "checkbox", checked: scenario.name in asked.scenarios });
  const card = el("div", { class: "card" }, el("label", {}, box, " ", el("span", {}, scenario.label)),
    sparkLine(scenario.spark, scenario.spark_text),
    el("p", { class: "about" }, scenario.spark_text),
    ...scenario.severe.map((line) => el("p", { class: "about" }, line)));
  const details = el("details", {}, el("summary", {}, word("severity")),
    el("p", { class: "about", lang: said(scenario.narrative) }, scenario.narrative));
  const field = { key: "severity", label: word("severity"), meaning: "", kind: "number", low: 0,
    high: 5, choices: [], words: {}, value: scenario.severity };
  details.append(fieldRow(field, asked.scenarios[scenario.name], (value) => {
    if (box.checked) asked.scenarios[scenario.name] = value ?? scenario.severity;
    keep();
  }));
  card.append(details);
  box.addEventListener("change", () => {
    choose("scenarios", scenario.name, scenario.severity, choices.most.scenarios, box);
    card.classList.toggle("on", box.checked);
    details.hidden = !box.checked;
  });
  card.classList.toggle("on", box.checked);
  details.hidden = !box.checked;
  return card;
}

function policyCard(policy) {
  const box = el("input", { type: "checkbox", checked: policy.name in asked.policies });
  const count = el("span", { class: "about" });
  const details = el("details", {}, el("summary", {}, word("settings"), " ", count));
  const card = el("div", { class: "card" }, el("label", {}, box, " ", el("span", {}, policy.label)),
    el("p", { class: "about", lang: said(policy.about) }, policy.about), details);
  const show = () => {
    const changed = Object.keys(asked.policies[policy.name] || {}).length;
    count.textContent = changed ? `(${word("changed", { n: changed })})` : "";
    card.classList.toggle("on", box.checked);
    details.hidden = !box.checked;
  };
  // Some four hundred fields: those of a policy are made when they are looked at.
  details.addEventListener("toggle", () => {
    if (!details.open || details.querySelector(".fields")) return;
    const rows = policy.fields.map((field) => {
      const label = field.member ? `${field.member}: ${field.label}` : field.label;
      return fieldRow({ ...field, label }, (asked.policies[policy.name] || {})[field.key], (value) => {
        const changed = asked.policies[policy.name];
        if (!changed) return;
        if (value === undefined) delete changed[field.key];
        else changed[field.key] = value;
        show();
        keep();
      });
    });
    details.append(el("div", { class: "fields" }, ...rows));
  });
  box.addEventListener("change", () => {
    choose("policies", policy.name, {}, choices.most.policies, box);
    details.open = false;
    details.querySelector(".fields")?.remove();
    show();
  });
  card.dataset.text = `${policy.name} ${policy.label} ${policy.about}`.toLowerCase();
  show();
  return card;
}

function settings() {
  const book = choices.books.find((item) => item.name === asked.book);
  const size = { key: "book.borrowers", label: word("borrowers"), meaning: "", kind: "whole", low: 1,
    high: 1000000, choices: [], words: {}, value: book?.borrowers ?? null };
  const fields = choices.run.map((field) => ({ ...field, key: `run.${field.key}` }));
  if (asked.tape || book?.borrowers) fields.push(size);
  const rows = fields.map((field) => fieldRow(field, asked.settings[field.key], (value) => {
    if (value === undefined) delete asked.settings[field.key];
    else asked.settings[field.key] = value;
    keep();
  }));
  const trials = { key: "trials", label: word("trials"), meaning: "", kind: "yes_no", value: true };
  rows.push(fieldRow(trials, asked.trials, (value) => {
    asked.trials = value ?? true;
    keep();
  }));
  $("settings").replaceChildren(...rows);
}

// --- tapes ------------------------------------------------------------------------------------

async function takeTape(file) {
  if (!file) return;
  $("news").textContent = word("uploading", { name: file.name });
  const form = await attempt(() => ask("PUT", `tapes?name=${encodeURIComponent(file.name)}`, file));
  $("news").textContent = "";
  if (!form) return;
  choices.tapes.push({ id: form.id, name: form.name });
  asked.book = "tape";
  asked.tape = form.id;
  showForm(form);
  bookCards();
  settings();
  keep();
}

function showForm(form) {
  $("tape").replaceChildren(tapeForm(form, async (answers) => {
    const next = await attempt(() => ask("POST", `tapes/${form.id}/answers`, answers));
    if (next) showForm(next);
    preview();
  }, async () => {
    await attempt(() => ask("POST", `tapes/${form.id}/remove`, {}));
    choices.tapes = choices.tapes.filter((tape) => tape.id !== form.id);
    asked.book = choices.books[0].name;
    asked.tape = null;
    $("tape").replaceChildren();
    bookCards();
    settings();
    keep();
  }));
}

async function showTape() {
  $("tape").replaceChildren();
  const tape = asked.tape;
  if (!tape) return;
  const form = await attempt(() => ask("GET", `tapes/${tape}`));
  if (form && asked.tape === tape) showForm(form);
}

// --- the command that runs, and the runs there are ----------------------------------------------

function showJob(job) {
  $("job").hidden = !job;
  for (const id of ["quick", "full"]) $(id).disabled = Boolean(job);
  if (!job) return;
  watch(job.id);
  const { progress } = job;
  $("job-command").textContent = job.command;
  $("log").textContent = job.log;
  $("cancel").disabled = job.cancelled;
  let where = job.cancelled ? word("ending") : word("starting");
  if (progress && progress.total) {
    $("bar").max = progress.total;
    $("bar").value = progress.done;
    if (!job.cancelled) {
      where = word("progress", progress);
      const left = progress.done ? (progress.seconds * (progress.total - progress.done)) / progress.done : 0;
      if (left >= 1) where += ` · ${word("left", { seconds: Math.round(left) })}`;
    }
  } else $("bar").removeAttribute("value");
  $("where").textContent = where;
}

function tell(run) {
  const ends = { done: "ended_well", failed: "ended_badly",
    stopped: run.blocks ? "ended_stopped" : "ended_empty" };
  const name = run.title || run.id;
  const page = run.files.find((file) => file.endsWith(".html"));
  const button = page ? el("button", { type: "button", class: "main" }, word("open")) : "";
  if (button) button.addEventListener("click", () => openFile(run.id, page));
  $("news").replaceChildren(el("p", {}, word(ends[run.state], { name })), button);
  if (button) button.focus();
}

async function openFile(run, file) {
  await attempt(async () => {
    const { address } = await ask("POST", "tickets", { run, file });
    const link = el("a", { href: address, rel: "noopener noreferrer" });
    if (file.endsWith(".html")) link.target = "_blank";
    link.click();
  });
}

function runButton(text, label, work) {
  const button = el("button", { type: "button", "aria-label": `${text}: ${label}` }, text);
  button.addEventListener("click", work);
  return button;
}

function act(run, action) {
  return async () => {
    await attempt(() => ask("POST", `runs/${run.id}/${action}`, {}));
    if (action === "discard") $("news").replaceChildren();
    await refresh();
  };
}

function runRow(run) {
  const label = run.about.words || run.title || run.id;
  const box = el("input", { type: "checkbox", checked: compared.has(run.id), disabled: !run.can_compare,
    "aria-label": word("select_run", { name: run.id }) });
  box.addEventListener("change", () => {
    if (box.checked) compared.add(run.id);
    else compared.delete(run.id);
    mayCompare();
  });
  const actions = run.files.map((file) => runButton(word(file), run.id, () => openFile(run.id, file)));
  if (run.can_go_on) actions.push(runButton(word("continue"), run.id, act(run, "continue")));
  if (run.state === "stopped" || run.state === "failed") {
    actions.push(runButton(word("discard"), run.id, act(run, "discard")));
  }
  const kept = run.state !== "done" && run.blocks ? ` · ${word("blocks", { n: run.blocks })}` : "";
  const what = run.kind === "comparison" ? `${word("comparison")}: ${run.title}` : label;
  const command = run.command ? el("details", {}, el("summary", {}, word("command")),
    el("pre", { class: "command", tabindex: "0" }, run.command)) : "";
  return el("tr", {}, el("td", {}, box), el("td", {}, run.id), el("td", {}, what, command),
    el("td", {}, word(run.state) + kept), el("td", {}, ...actions));
}

function mayCompare() {
  $("compare").disabled = compared.size < 2 || compared.size > 7 || !$("job").hidden;
}

function showRuns(runs) {
  const text = JSON.stringify([runs, document.documentElement.lang]);
  if (text === shownRuns) return;
  shownRuns = text;
  compared = new Set(runs.filter((run) => run.can_compare && compared.has(run.id)).map((run) => run.id));
  if (!runs.length) return $("runs").replaceChildren(el("p", {}, word("none_yet")));
  const heads = ["select", "started", "title", "state", "actions"];
  const head = el("tr", {}, ...heads.map((key) => el("th", { scope: "col" }, word(key))));
  $("runs").replaceChildren(el("div", { class: "scroll", tabindex: "0", role: "region",
    "aria-labelledby": "runs-title" },
    el("table", {}, el("thead", {}, head), el("tbody", {}, ...runs.map(runRow)))));
}

async function refresh() {
  const { job, runs } = await ask("GET", "state");
  showJob(job);
  showRuns(runs);
  mayCompare();
  const ended = !job && runs.find((run) => run.id === watched);
  if (ended) {
    watch("");
    tell(ended);
  }
  return job;
}

async function poll() {
  let wait = RANGE.idle;
  try {
    if (await refresh()) wait = RANGE.running;
    if ($("message").textContent === word("closed")) say("");
  } catch (error) {
    say(error.status ? error.message : word("closed"));
  }
  setTimeout(poll, wait);
}

// --- the page -----------------------------------------------------------------------------------

async function draw(language) {
  await fill(language);
  choices = await ask("GET", "choices");
  asked ??= { book: choices.books[0].name, tape: null, settings: {}, trials: true,
    scenarios: Object.fromEntries(choices.chosen.scenarios.map((name) => [name, 1])),
    policies: Object.fromEntries(choices.chosen.policies.map((name) => [name, {}])) };
  if (asked.tape && !choices.tapes.some((tape) => tape.id === asked.tape)) {
    Object.assign(asked, { tape: null, book: choices.books[0].name });
  }
  bookCards();
  $("scenarios").replaceChildren(...choices.scenarios.map(scenarioCard));
  $("policies").replaceChildren(...choices.policies.map(policyCard));
  $("quick-about").textContent = word("quick_about", choices.quick);
  settings();
  shownRuns = "";
  for (const id of ["form", "history"]) $(id).hidden = false;
  keep();
  await showTape();
}

function listen() {
  $("form").addEventListener("submit", (event) => event.preventDefault());
  $("quick").addEventListener("click", () => start("quick"));
  $("full").addEventListener("click", () => start("full"));
  $("cancel").addEventListener("click", () => attempt(async () => {
    $("cancel").disabled = true;
    await ask("POST", `runs/${watched}/cancel`, {});
    await refresh();
  }));
  $("compare").addEventListener("click", () => attempt(async () => {
    watch((await ask("POST", "comparisons", { runs: [...compared] })).id);
    await refresh();
  }));
  $("find").addEventListener("input", () => {
    const wanted = $("find").value.toLowerCase();
    for (const card of $("policies").children) card.hidden = !card.dataset.text.includes(wanted);
  });
  $("file").addEventListener("change", () => takeTape($("file").files[0]));
  $("language").addEventListener("change", () => attempt(async () => {
    localStorage.setItem("language", $("language").value);
    await draw($("language").value);
    await refresh();
  }));
  for (const kind of ["dragover", "drop", "dragleave"]) {
    $("drop").addEventListener(kind, (event) => {
      event.preventDefault();
      $("drop").classList.toggle("over", kind === "dragover");
      if (kind === "drop") takeTape(event.dataTransfer.files[0]);
    });
  }
}

async function open() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem("token", given);
    history.replaceState(null, "", "/");
  }
  const usual = navigator.language.startsWith("zh") ? "zh" : "en";
  $("language").value = localStorage.getItem("language") || usual;
  try {
    await draw($("language").value);
  } catch (error) {
    forget(error);
    $("locked").hidden = error.status !== 401;
    if (error.status !== 401) say(error.message);
    return;
  }
  listen();
  poll();
}

open();
