// Work the page's tabs and menu, and tell the server after every event what state the page is in.
"use strict";
const all = (query) => [...document.querySelectorAll(query)];
const pressed = [];

function box(element) {
  const r = element.getBoundingClientRect();
  return r.width > 0 && r.height > 0 ? [r.left, r.top, r.right, r.bottom] : null;
}

function state() {
  const fields = {}, checks = {}, boxes = {};
  for (const input of all("input[data-kind=field]")) fields[input.name] = input.value;
  for (const input of all("input[type=checkbox]")) checks[input.name] = input.checked;
  for (const element of all("[data-key]")) {
    const found = box(element);
    if (found) boxes[element.dataset.key] = found;
  }
  const tab = document.querySelector("[aria-selected=true]");
  const entry = document.querySelector("[aria-current=page]");
  return {
    moment: performance.timeOrigin + performance.now(),
    load: performance.timeOrigin,
    fields, checks, boxes, pressed,
    tab: tab ? tab.dataset.key : "",
    menu: entry ? entry.dataset.key : "",
  };
}

// The number of reports that the server has not taken yet.
window.reports = 0;

async function report() {
  window.reports += 1;
  const body = JSON.stringify(state());
  try {
    await fetch(location.pathname + "/state", { method: "PUT", body, keepalive: true });
  } finally {
    window.reports -= 1;
  }
}

function choose(chosen, query, name, on, off) {
  for (const other of all(query)) other.setAttribute(name, off);
  chosen.setAttribute(name, on);
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-kind]");
  if (!target) return;
  const { kind, key } = target.dataset;
  if (kind === "tab") {
    choose(target, "[role=tab]", "aria-selected", "true", "false");
    for (const part of all("[data-panel]")) part.hidden = part.dataset.panel !== key;
  } else if (kind === "menu") {
    choose(target, "nav.entries [data-key]", "aria-current", "page", "false");
  } else if (kind === "link" || kind === "button") {
    pressed.push(key);
  }
  report();
});
document.addEventListener("input", report);
document.addEventListener("change", report);
report();
