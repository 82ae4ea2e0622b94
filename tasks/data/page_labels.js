// Return what stands on the page: named elements and lines of text, in CSS pixels.
// Needs Chromium's ComputedAccessibilityInfo.
() => {
  const kinds = {
    button: "button", link: "link", textbox: "field", searchbox: "field", spinbutton: "field",
    checkbox: "check", radio: "radio", switch: "switch", tab: "tab", menuitem: "menu",
    combobox: "list", slider: "slider", option: "option", heading: "text",
  };
  const squeeze = (text) => (text || "").replace(/[\uE000-\uF8FF\s]+/g, " ").trim();
  const rounded = (box) => [box.left, box.top, box.right, box.bottom].map((v) => Math.round(v * 10) / 10);
  const onScreen = (b) => b.left >= 0 && b.top >= 0 && b.right <= innerWidth && b.bottom <= innerHeight;

  function topmost(element, x, y) {
    const hit = document.elementFromPoint(x, y);
    if (!hit) return false;
    return element.contains(hit) || hit.contains(element) ||
      [...(element.labels || [])].some((label) => label.contains(hit));
  }

  // One entry for each line of a text node: its characters and the middle of each.
  function lines(node) {
    const out = [];
    const range = document.createRange();
    let line = null;
    for (let i = 0; i < node.length; i++) {
      range.setStart(node, i);
      range.setEnd(node, i + 1);
      const box = range.getClientRects()[0];
      const character = node.data[i];
      if (!box || box.width === 0) continue;
      if (!line || Math.abs(box.top - line.top) > box.height / 2) {
        line = { text: "", centres: [], left: box.left, top: box.top, right: box.right, bottom: box.bottom };
        out.push(line);
      }
      line.text += /\s/.test(character) ? " " : character;
      line.centres.push(Math.round((box.left + box.right) * 5) / 10);
      line.right = Math.max(line.right, box.right);
      line.bottom = Math.max(line.bottom, box.bottom);
    }
    return out.filter((l) => l.text.trim());
  }

  const runs = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const parent = node.parentElement;
    if (!parent || !node.data.trim() || ["SCRIPT", "STYLE"].includes(parent.tagName)) continue;
    if (!parent.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const style = getComputedStyle(parent);
    for (const line of lines(node)) {
      const middle = (line.top + line.bottom) / 2;
      const across = [line.left + 1, (line.left + line.right) / 2, line.right - 1];
      if (!onScreen(line) || !across.every((x) => topmost(parent, x, middle))) continue;
      let text = line.text;
      if (style.textTransform === "uppercase") text = text.toUpperCase();
      if (style.textTransform === "capitalize") text = text.replace(/\b\w/g, (c) => c.toUpperCase());
      if (text.length !== line.centres.length) continue;
      runs.push({ text, box: rounded(line), centres: line.centres, middle, size: parseFloat(style.fontSize), parent });
    }
  }

  // Where an element's name is drawn: a line of text of its own, or of its label.
  function drawn(element, name) {
    const places = [element, ...(element.labels || [])];
    const wanted = name.toLowerCase();
    return runs.find((run) => places.some((p) => p.contains(run.parent)) && squeeze(run.text).toLowerCase() === wanted);
  }

  const elements = [];
  const sources = [];
  const partly = [];  // what shows in part, or has no name: it is seen all the same
  const candidates = "a, button, input, select, textarea, summary, h1, h2, h3, h4, [role]";
  for (const element of document.querySelectorAll(candidates)) {
    const kind = element.matches("input[type=date]") ? "field" : kinds[element.computedRole];
    const name = squeeze(element.computedName);
    const box = element.getBoundingClientRect();
    if (!kind || box.width < 1 || box.height < 1) continue;
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const shares = [0.1, 0.5, 0.9].map((share) => box.left + share * box.width);
    const seen = shares.filter((x) => topmost(element, x, (box.top + box.bottom) / 2)).length;
    if (!name || box.width < 8 || box.height < 8 || !onScreen(box) || seen < shares.length) {
      if (seen || !onScreen(box)) partly.push({ kind, name, box: rounded(box), text_box: rounded(box), point: [0, 0] });
      continue;
    }
    const text = drawn(element, name);
    const inside = kind === "field" || kind === "list";
    const point = inside
      ? [box.left + Math.min(box.width / 2, 64), box.top + Math.min(box.height / 2, 32)]
      : text && kind !== "slider"
        ? [(text.box[0] + text.box[2]) / 2, (text.box[1] + text.box[3]) / 2]
        : [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    let area = box;
    if (["check", "radio", "switch"].includes(kind) && text) {
      area = {
        left: Math.min(box.left, text.box[0]), top: Math.min(box.top, text.box[1]),
        right: Math.max(box.right, text.box[2]), bottom: Math.max(box.bottom, text.box[3]),
      };
    }
    if (kind === "text" && text) {  // a heading is as wide as its column, and its text is what is meant
      const [left, top, right, bottom] = text.box;
      area = { left, top, right, bottom };
    }
    const states = [];
    if (element.matches(":disabled")) states.push("disabled");
    if (kind === "check") states.push(element.checked ? "checked" : "unchecked");
    if (kind === "radio" && element.checked) states.push("selected");
    if (element.getAttribute("aria-selected") === "true") states.push("selected");
    // a name that goes on in a second line is no single line of text, and no icon either
    const wraps = squeeze(element.textContent).toLowerCase() === name.toLowerCase();
    sources.push(element);
    elements.push({
      kind: text || inside || wraps || (kind !== "button" && kind !== "link") ? kind : "icon",
      name, box: rounded(area), text_box: text ? text.box : rounded(box),
      point: point.map((v) => Math.round(v * 10) / 10), states, group: 0,
      closes: element.hasAttribute("data-closes"),
    });
  }
  // What says the same in several rows is named by the row too; each such column is a group.
  const columns = new Map();
  for (const [number, element] of sources.entries()) {
    const row = element.closest("tr");
    const made = elements[number];
    if (!row || made.kind !== "button" || elements.filter((e) => e.name === made.name).length < 2) continue;
    const key = [...document.querySelectorAll("table")].indexOf(row.closest("table")) + ":" + made.name;
    if (!columns.has(key)) columns.set(key, []);
    columns.get(key).push([made, squeeze(row.cells[0].innerText)]);
  }
  let group = 0;
  for (const column of columns.values()) {
    group += 1;
    for (const [made, called] of column) {
      Object.assign(made, { shown: made.name, name: `${made.name} in the row ${called}`, group });
    }
  }
  return { elements, partly, runs: runs.map(({ parent, ...run }) => run) };
}
