// What all parts of the page need: words, requests with the token, elements.

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
