// What can be chosen: books and tapes, scenarios, policies with their fields, settings of a run.

import { fieldRow } from "/fields.js";
import { $, ask, attempt, el, said, say, word } from "/form.js";
import { tapeForm } from "/tape.js";

let choices = null;
let asked = JSON.parse(sessionStorage.getItem("asked") || "null");
let previewed = 0;

function keep() {
  sessionStorage.setItem("asked", JSON.stringify(asked));
  $("chosen").textContent = chosenWords();
  preview();
}

// What is chosen, in a line beside the buttons that start it.
function chosenWords() {
  const book = asked.tape ? choices.tapes.find((tape) => tape.id === asked.tape)?.name
    : choices.books.find((item) => item.name === asked.book)?.label;
  const named = (group) => choices[group].filter((item) => item.name in asked[group]).map((item) => item.label).join(word("comma"));
  return [book, named("scenarios"), named("policies")].filter(Boolean).join(" · ");
}

// --- what is asked for ------------------------------------------------------------------------

export function request(size) {
  const { book, tape, scenarios, policies, provision } = asked;
  const usual = { book, tape, scenarios, policies, provision, size };
  if (size === "quick") return { ...usual, trials: true };
  const { settings, trials, break_even, reverse } = asked;
  return { ...usual, settings, trials, break_even, reverse };
}

function isFull() {
  return Object.keys(asked.settings).length || !asked.trials || asked.break_even.length || asked.reverse.length;
}

async function preview() {
  const turn = ++previewed;
  await new Promise((done) => setTimeout(done, 150));
  if (turn !== previewed) return;
  try {
    const found = await ask("POST", "command", request(isFull() ? "full" : "quick"));
    if (turn === previewed) $("command").textContent = found.command || found.refused;
  } catch (error) {
    if (turn === previewed) $("command").textContent = error.message;
  }
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
    forgetNames();
    keep();
    document.querySelector("#books :checked").focus();
    showTape();
  });
  const fitted = parameters ? el("p", { class: "about" }, word("fitted", { name: parameters })) : "";
  return el("div", { class: on ? "card on" : "card" }, el("label", {}, radio, " ", el("span", {}, label)),
    el("p", { class: "about", lang: said(about) }, about), fitted);
}

// Names of the chosen book, which policies may name.
function bookNames() {
  const found = asked.tape ? choices.tapes.find((tape) => tape.id === asked.tape)
    : choices.books.find((book) => book.name === asked.book);
  return found?.names || {};
}

// Another book has other names: what was chosen among them is forgotten, and fields are made anew.
function forgetNames() {
  for (const policy of choices.policies) {
    for (const field of policy.fields) {
      const isOfTheBook = field.of || field.fields.some((below) => below.of);
      if (isOfTheBook) delete asked.policies[policy.name]?.[field.key];
    }
  }
  $("policies").replaceChildren(...choices.policies.map(policyCard));
  findPolicies();
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
    el("p", { class: "about" }, scenario.where),
    sparkLine(scenario.spark, scenario.spark_text),
    el("p", { class: "about" }, scenario.spark_text),
    ...scenario.severe.map((line) => el("p", { class: "about" }, line)));
  const details = el("details", {}, el("summary", {}, word("severity")),
    el("p", { class: "about", lang: said(scenario.narrative) }, scenario.narrative));
  const field = { key: "severity", label: word("severity"), meaning: "", kind: "number", low: 0,
    high: 5, choices: [], words: {}, value: scenario.severity };
  let severity = asked.scenarios[scenario.name] ?? scenario.severity;
  details.append(fieldRow(field, asked.scenarios[scenario.name], (value) => {
    severity = value ?? scenario.severity;
    if (box.checked) asked.scenarios[scenario.name] = severity;
    keep();
  }));
  card.append(details);
  box.addEventListener("change", () => {
    choose("scenarios", scenario.name, severity, choices.most.scenarios, box);
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
    card.classList.toggle("open", details.open);
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
      }, bookNames());
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

// --- provisions and questions -------------------------------------------------------------------

function questions() {
  const rows = choices.questions.map((field) => {
    const told = { ...field, label: word(field.key), meaning: word(`${field.key}_about`) };
    return fieldRow(told, asked[field.key], (value) => {
      asked[field.key] = value ?? field.value;
      keep();
    });
  });
  $("questions").replaceChildren(...rows);
}

// --- tapes ------------------------------------------------------------------------------------

async function takeTape(file) {
  if (!file) return;
  $("news").textContent = word("uploading", { name: file.name });
  const form = await attempt(() => ask("PUT", `tapes?name=${encodeURIComponent(file.name)}`, file));
  $("news").textContent = "";
  if (!form) return;
  choices.tapes.push(form);
  asked.book = "tape";
  asked.tape = form.id;
  showForm(form);
  bookCards();
  settings();
  forgetNames();
  keep();
}

function showForm(form) {
  $("tape").replaceChildren(tapeForm(form, async (answers) => {
    const next = await attempt(() => ask("POST", `tapes/${form.id}/answers`, answers));
    if (next) {
      choices.tapes = choices.tapes.map((tape) => (tape.id === next.id ? next : tape));
      forgetNames();
      showForm(next);
    }
    preview();
  }, async () => {
    await attempt(() => ask("POST", `tapes/${form.id}/remove`, {}));
    choices.tapes = choices.tapes.filter((tape) => tape.id !== form.id);
    asked.book = choices.books[0].name;
    asked.tape = null;
    $("tape").replaceChildren();
    bookCards();
    settings();
    forgetNames();
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

// Put every choice on the page; what was chosen before a reload stays chosen.
export async function drawChoices() {
  choices = await ask("GET", "choices");
  asked = { book: choices.books[0].name, tape: null, settings: {}, trials: true,
    scenarios: Object.fromEntries(choices.chosen.scenarios.map((name) => [name, 1])),
    policies: Object.fromEntries(choices.chosen.policies.map((name) => [name, {}])),
    ...Object.fromEntries(choices.questions.map((field) => [field.key, field.value])),
    ...asked };
  if (asked.tape && !choices.tapes.some((tape) => tape.id === asked.tape)) {
    Object.assign(asked, { tape: null, book: choices.books[0].name });
  }
  bookCards();
  $("scenarios").replaceChildren(...choices.scenarios.map(scenarioCard));
  $("policies").replaceChildren(...choices.policies.map(policyCard));
  $("quick-about").textContent = word("quick_about", choices.quick);
  settings();
  questions();
  findPolicies();
  keep();
  await showTape();
}

function findPolicies() {
  const wanted = $("find").value.toLowerCase();
  for (const card of $("policies").children) card.hidden = !card.dataset.text.includes(wanted);
}

export function listenToChoices() {
  $("find").addEventListener("input", findPolicies);
  $("file").addEventListener("change", () => takeTape($("file").files[0]));
  for (const kind of ["dragover", "drop", "dragleave"]) {
    $("drop").addEventListener(kind, (event) => {
      event.preventDefault();
      $("drop").classList.toggle("over", kind === "dragover");
      if (kind === "drop") takeTape(event.dataTransfer.files[0]);
    });
  }
}
