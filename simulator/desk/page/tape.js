// The tape inspector's questions as a form.

import { el, said, word } from "/form.js";

export function tapeForm(form, answer, remove) {
  const answers = { columns: {}, constants: {}, values: {}, percent: [], snapshot_date: null };
  const percent = new Set(form.percent);
  const parts = [
    el("h3", {}, `${word("tape", form)} · ${word("rows", { n: form.rows })}`),
    form.told ? el("p", {}, form.told) : "",
    list("wrong", form.wrong),
    list("to_decide", form.questions),
    ...form.warnings.map((text) => el("p", { class: "about" }, text)),
    columns(form, answers, percent),
    constants(form, answers),
    wordsOf(form, answers),
    dateOf(form, answers),
    el("details", {}, el("summary", {}, word("mapping")), el("pre", { tabindex: "0" }, form.mapping)),
  ];
  const use = el("button", { type: "button" }, word("answer"));
  use.addEventListener("click", () => answer({ ...answers, percent: [...percent] }));
  const away = el("button", { type: "button" }, word("remove"));
  away.addEventListener("click", remove);
  return el("div", {}, ...parts, el("p", {}, use, " ", away));
}

function list(title, lines) {
  if (!lines.length) return "";
  return el("div", {}, el("h3", {}, word(title)), el("ul", {}, ...lines.map((line) => el("li", { lang: said(line) }, line))));
}

function columns(form, answers, percent) {
  const heads = ["column", "example", "read_as"].map((key) => el("th", { scope: "col" }, word(key)));
  const rows = form.columns.map((column) => {
    answers.columns[column.name] = column.model;
    const choices = form.models.map((model) => el("option", { value: model.name }, `${model.label} (${model.name})`));
    const select = el("select", { "aria-label": `${word("read_as")}: ${column.name}` },
      el("option", { value: "" }, word("not_read")), ...choices);
    select.value = column.model;
    const place = el("td", {}, select);
    const model = form.models.find((item) => item.name === column.model);
    if (model?.fraction) place.append(" ", percentBox(model, percent));
    select.addEventListener("change", () => { answers.columns[column.name] = select.value; });
    return el("tr", {}, el("td", {}, column.name), el("td", {}, column.shown), place);
  });
  return el("details", { open: form.wrong.length ? "" : undefined }, el("summary", {}, word("columns")),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": word("columns") },
      el("table", {}, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows))));
}

function percentBox(model, percent) {
  const box = el("input", { type: "checkbox", checked: percent.has(model.name) });
  box.addEventListener("change", () => {
    if (box.checked) percent.add(model.name);
    else percent.delete(model.name);
  });
  return el("label", {}, box, " ", word("in_percent"));
}

function constants(form, answers) {
  Object.assign(answers.constants, form.constants);
  const there = new Set(form.columns.map((column) => column.model));
  const lacking = form.models.filter((model) => !there.has(model.name) && (model.required || model.name in form.constants));
  if (!lacking.length) return "";
  const rows = lacking.map((model) => {
    const input = el("input", { type: "text", value: form.constants[model.name] || "" });
    input.addEventListener("change", () => { answers.constants[model.name] = input.value.trim(); });
    return el("p", {}, el("label", {}, `${model.label} (${model.meaning}) `, input));
  });
  return el("div", {}, el("h3", {}, word("missing")), ...rows);
}

function wordsOf(form, answers) {
  if (!form.values.length) return "";
  const labels = Object.fromEntries(form.models.map((model) => [model.name, model.label]));
  const rows = form.values.map((item) => {
    answers.values[item.model] ??= {};
    answers.values[item.model][item.word] = item.to;
    const select = el("select", {}, el("option", { value: "" }, word("no_choice")),
      ...item.choices.map((choice) => el("option", { value: choice.name }, choice.label)));
    select.value = item.to;
    select.addEventListener("change", () => { answers.values[item.model][item.word] = select.value; });
    return el("p", {}, el("label", {}, `${labels[item.model]}: ${item.word} `, select));
  });
  return el("details", { open: form.wrong.length ? "" : undefined },
    el("summary", {}, word("stands_for")), ...rows);
}

function dateOf(form, answers) {
  answers.snapshot_date = form.snapshot_date || null;
  const input = el("input", { type: "date", value: form.snapshot_date });
  input.addEventListener("change", () => { answers.snapshot_date = input.value || null; });
  return el("p", {}, el("label", {}, `${word("date")} `, input));
}
