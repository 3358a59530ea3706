// The desk's page: the command that runs, and the runs there are.
// Text is put in as text, never as HTML; the page's security policy forbids anything else.

import { drawChoices, listenToChoices, request } from "/choose.js";
import { $, ask, attempt, el, fill, forget, say, word } from "/form.js";

const WAIT = { ending: 250, running: 1000, idle: 4000 };
let compared = new Set();
let shownRuns = "";
let watched = sessionStorage.getItem("watched") || "";

async function start(size) {
  if (!Object.keys(request(size).scenarios).length) return say(word("one_scenario"));
  for (const id of ["quick", "full"]) $(id).disabled = true;
  $("news").replaceChildren();
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
  const whole = job.usual && job.usual > job.seconds;
  const part = progress && progress.total ? progress : null;
  if (whole || part) {
    $("bar").max = whole ? job.usual : part.total;
    $("bar").value = whole ? job.seconds : part.done;
  } else $("bar").removeAttribute("value");
  const parts = job.cancelled ? [word("ending")]
    : [part ? word("progress", part) : word("starting"), timeLeft(job, part), word("so_far", { time: time(job.seconds) })];
  $("where").textContent = parts.filter(Boolean).join(" · ");
}

// Of the whole where an earlier run tells it, else of the part that is being done.
function timeLeft(job, part) {
  if (job.usual && job.usual > job.seconds) return word("left_in_all", { time: time(job.usual - job.seconds) });
  const left = part?.done ? (part.seconds * (part.total - part.done)) / part.done : 0;
  return left >= 1 ? word("left", { time: time(left) }) : "";
}

function time(seconds) {
  return seconds < 120 ? word("seconds", { n: Math.round(seconds) }) : word("minutes", { n: Math.round(seconds / 60) });
}

function tell(run) {
  const ends = { done: "ended_well", failed: "ended_badly",
    stopped: run.blocks ? "ended_stopped" : "ended_empty" };
  const name = run.title || run.id;
  const page = run.files.find((file) => file.endsWith(".html"));
  const button = page ? el("button", { type: "button", class: "main" }, word("open")) : "";
  if (button) button.addEventListener("click", () => openFile(run.id, page));
  $("news").replaceChildren(el("p", {}, word(ends[run.state], { name })), button);
  if (run.trouble) say(run.trouble);
  const at = document.activeElement;  // somebody who types elsewhere is left alone
  if (button && (at === null || at === document.body || $("job").contains(at))) button.focus();
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
  let wait = WAIT.idle;
  try {
    if (await refresh()) wait = WAIT.running;
    if ($("message").textContent === word("closed")) say("");
  } catch (error) {
    say(error.status ? error.message : word("closed"));
  }
  setTimeout(poll, wait);
}

// --- the page -----------------------------------------------------------------------------------

async function draw(language) {
  await fill(language);
  await drawChoices();
  shownRuns = "";
  for (const id of ["form", "history"]) $(id).hidden = false;
}

function listen() {
  $("form").addEventListener("submit", (event) => event.preventDefault());
  $("quick").addEventListener("click", () => start("quick"));
  $("full").addEventListener("click", () => start("full"));
  $("cancel").addEventListener("click", () => attempt(async () => {
    $("cancel").disabled = true;
    await ask("POST", `runs/${watched}/cancel`, {});
    for (let looks = 0; looks < 40 && await refresh(); looks++) {
      await new Promise((done) => setTimeout(done, WAIT.ending));
    }
  }));
  $("compare").addEventListener("click", () => attempt(async () => {
    watch((await ask("POST", "comparisons", { runs: [...compared] })).id);
    await refresh();
  }));
  $("language").addEventListener("change", () => attempt(async () => {
    await draw($("language").value);
    await refresh();
  }));
  listenToChoices();
}

async function open() {
  const given = new URLSearchParams(location.hash.slice(1));
  if (given.get("token")) {
    sessionStorage.setItem("token", given.get("token"));
    if (given.get("language")) sessionStorage.setItem("language", given.get("language"));
    history.replaceState(null, "", "/");
  }
  const usual = navigator.language.startsWith("zh") ? "zh" : "en";
  $("language").value = sessionStorage.getItem("language") || usual;
  try {
    await draw($("language").value);
    $("loading").hidden = true;
  } catch (error) {
    $("loading").hidden = true;
    forget(error);
    $("locked").hidden = error.status !== 401;
    if (error.status !== 401) say(error.message);
    return;
  }
  listen();
  poll();
}

open();
