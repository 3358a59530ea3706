// What all parts of the page need: words, requests with the token, elements, rows of fields.

export const $ = (id) => document.getElementById(id);

let words = {};

export function word(place, values = {}) {
  return (words[place] || place).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export async function fill(language) {
  sessionStorage.setItem("language", language);
  words = await ask("GET", "words");
  document.documentElement.lang = words.tag;
  for (const place of document.querySelectorAll("[data-word]")) {
    place.textContent = word(place.dataset.word);
  }
}

export function forget(error) {
  if (error.status === 401) sessionStorage.removeItem("token");
}

export async function ask(method, address, body) {
  const headers = {
    Authorization: `Bearer ${sessionStorage.getItem("token") || ""}`,
    "Desk-Language": sessionStorage.getItem("language") || "en",
  };
  let content;
  if (body instanceof Blob) {
    headers["Content-Type"] = "application/octet-stream";
    content = body;
  } else if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    content = JSON.stringify(body);
  }
  const answer = await fetch(`/api/${address}`, { method, headers, body: content });
  const found = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(found.error), { status: answer.status });
  return found;
}

export function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (name === "checked" || name === "disabled") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

let rows = 0;

// A row for one field of the schema; `changed` gets the new value, or undefined for the usual one.
export function fieldRow(field, value, changed) {
  const id = `field-${++rows}`;
  const row = el("div", { class: "field" });
  const name = el("label", { for: id }, field.label);
  const put = (next) => {
    row.classList.toggle("changed", next !== undefined && next !== field.value);
    changed(next === field.value ? undefined : next);
  };
  row.append(name, ...inputs(field, id, value ?? field.value, put));
  if (field.meaning) {
    const ends = field.low !== null && field.high !== null ? ` ${word("range", field)}.` : "";
    row.append(el("p", { class: "about", lang: said(field.meaning) }, field.meaning + ends));
  }
  row.classList.toggle("changed", value !== undefined && value !== field.value);
  return row;
}

function inputs(field, id, value, put) {
  if (field.kind === "yes_no") {
    const box = el("input", { type: "checkbox", id, checked: value === true });
    box.addEventListener("change", () => put(box.checked));
    return [box];
  }
  if (field.kind === "choice") {
    const list = el("select", { id }, ...field.choices.map((choice) =>
      el("option", { value: choice }, field.words[choice])));
    list.value = value;
    list.addEventListener("change", () => put(list.value));
    return [list];
  }
  return numberInputs(field, id, value, put);
}

function numberInputs(field, id, value, put) {
  const span = field.high - field.low;
  const step = field.kind === "whole" ? 1 : span <= 1 ? 0.01 : span <= 10 ? 0.05 : 1;
  const ends = { min: field.low ?? undefined, max: field.high ?? undefined };
  const number = el("input", { type: "number", id, step: field.kind === "whole" ? 1 : "any", ...ends });
  number.value = value ?? "";
  const read = () => {
    const given = number.value.trim();
    put(given === "" || Number.isNaN(Number(given)) ? undefined : Number(given));
  };
  if (field.low === null || field.high === null || span > 1200) {
    number.addEventListener("change", read);
    return [number];
  }
  const slider = el("input", { type: "range", step, "aria-label": field.label, ...ends });
  slider.value = value ?? field.low;
  slider.addEventListener("input", () => {
    number.value = Number(Number(slider.value).toFixed(4));
    read();
  });
  number.addEventListener("change", () => {
    slider.value = number.value;
    read();
  });
  return [slider, number];
}

export function say(text) { $("message").textContent = text || ""; }

export async function attempt(work) {
  try {
    say("");
    return await work();
  } catch (error) {
    say(error.message);
    return null;
  }
}

// English that has no translation is marked, for those to whom a page is read.
export function said(text) {
  return document.documentElement.lang !== "en" && /^[\x00-\x7f]+$/.test(text) ? "en" : undefined;
}
