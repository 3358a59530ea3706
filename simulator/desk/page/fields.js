// A row for each field of the schema: numbers, switches, choices, lists of words, rules.

import { el, said, word } from "/form.js";

let rows = 0;

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// `changed` gets the new value, or undefined for the usual one; `names` are those of the book.
export function fieldRow(field, value, changed, names = {}) {
  const put = (next) => {
    const given = same(next, field.value) ? undefined : next;
    row.classList.toggle("changed", given !== undefined);
    changed(given);
  };
  const row = LISTS[field.kind] ? listRow(field, value ?? field.value, put, names) : plainRow(field, value ?? field.value, put);
  row.classList.toggle("changed", value !== undefined && !same(value, field.value));
  return row;
}

function about(field, extra = "") {
  const text = [field.meaning, extra].filter(Boolean).join(" ");
  return text ? el("p", { class: "about", lang: said(text) }, text) : "";
}

// The range of a field; one without a bound that anybody could reach is left out.
function ends(field) {
  if (field.low === null || field.high === null || field.high > 1e9) return "";
  const said = (number) => number.toLocaleString(document.documentElement.lang);
  return `${word("range", { low: said(field.low), high: said(field.high) })}.`;
}

// --- one value --------------------------------------------------------------------------------

function plainRow(field, value, put) {
  const id = `field-${++rows}`;
  return el("div", { class: "field" }, el("label", { for: id }, field.label),
    ...inputs(field, id, value, put), about(field, field.meaning ? ends(field) : ""));
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
  if (field.value === null) number.placeholder = word("none_set");
  const read = () => {
    const given = number.value.trim();
    if (given === "") number.value = field.value ?? "";
    put(given === "" || Number.isNaN(Number(given)) ? undefined : Number(given));
  };
  if (field.low === null || field.high === null || span > 1200 || value === null) {
    number.addEventListener("change", read);
    return [number];
  }
  const slider = el("input", { type: "range", step, "aria-label": field.label, ...ends });
  slider.value = value;
  slider.addEventListener("input", () => {
    number.value = Number(Number(slider.value).toFixed(4));
    read();
  });
  number.addEventListener("change", () => {
    read();
    slider.value = number.value;
  });
  return [slider, number];
}

// --- lists ------------------------------------------------------------------------------------

const LISTS = { names: wordBoxes, by_name: numbersByName, rows: rules };

function listRow(field, value, put, names) {
  return el("fieldset", { class: `field list ${field.kind}` }, el("legend", {}, field.label),
    LISTS[field.kind](field, value, put, names));
}

// Words that can be chosen, with what they are called: the schema's, or the book's.
function known(field, names) {
  if (field.choices.length) return field.choices.map((name) => ({ name, label: field.words[name] }));
  return names[field.of] || [];
}

function wordBoxes(field, value, put, names) {
  const choices = known(field, names);
  const chosen = new Set(value);
  const boxes = choices.map(({ name, label }) => {
    const box = el("input", { type: "checkbox", checked: chosen.has(name) });
    box.addEventListener("change", () => {
      if (box.checked) chosen.add(name);
      else chosen.delete(name);
      put(choices.map((choice) => choice.name).filter((each) => chosen.has(each)));
    });
    return el("label", {}, box, " ", label);
  });
  return el("div", { class: "boxes" }, ...boxes, about(field, choices.length ? "" : word("no_names")));
}

function numbersByName(field, value, put, names) {
  const amounts = { ...value };
  const [number] = field.fields;
  const inputs = known(field, names).map(({ name, label }) => {
    const input = el("input", { type: "number", step: number.kind === "whole" ? 1 : "any",
      min: number.low ?? undefined, max: number.high ?? undefined });
    input.value = amounts[name] ?? "";
    input.addEventListener("change", () => {
      const given = input.value.trim();
      if (given !== "" && !Number.isNaN(Number(given))) amounts[name] = Number(given);
      else if (name in field.value) amounts[name] = field.value[name];
      else delete amounts[name];
      input.value = amounts[name] ?? "";
      put({ ...amounts });
    });
    return el("label", {}, label, " ", input);
  });
  return el("div", { class: "amounts" }, ...inputs, about(field, ends(number)));
}

function rules(field, value, put, names) {
  const list = value.map((rule) => ({ ...rule }));
  const box = el("div", { class: "rules" });
  const tell = () => put(list.map((rule) => ({ ...rule })));
  const add = el("button", { type: "button" }, word("add_rule"));
  const draw = () => box.replaceChildren(...list.map((rule, place) => {
    const away = el("button", { type: "button", "aria-label": `${word("remove")}: ${field.label} ${place + 1}` }, word("remove"));
    away.addEventListener("click", () => {
      list.splice(place, 1);
      draw();
      tell();
      (box.children[Math.max(0, place - 1)]?.querySelector("button") || add).focus();
    });
    const fields = field.fields.map((below) => {
      const was = rule[below.key];
      return fieldRow({ ...below, value: was }, undefined, (next) => {
        rule[below.key] = next === undefined ? was : next;
        tell();
      }, names);
    });
    return el("fieldset", { class: "rule" }, el("legend", {}, word("rule", { n: place + 1 })), ...fields, away);
  }), el("p", {}, add));
  add.addEventListener("click", () => {
    if (list.length >= field.most) return;
    list.push(Object.fromEntries(field.fields.map((below) => [below.key, below.value])));
    draw();
    tell();
    box.children[list.length - 1].querySelector("select, input").focus();
  });
  draw();
  return el("div", {}, about(field), box);
}
