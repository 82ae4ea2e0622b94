// Return every named control of the page: role, name, box, and whether a click at its centre meets it.
// Needs Chromium's ComputedAccessibilityInfo.
() => {
  const roles = new Set([
    "button", "link", "textbox", "searchbox", "checkbox", "tab", "menuitem", "combobox", "spinbutton",
  ]);
  // Icon fonts draw characters of the private use area, which are no part of a name.
  const squeeze = (text) => (text || "").replace(/[\uE000-\uF8FF\s]+/g, " ").trim();

  function join(one, other) {
    return {
      left: Math.min(one.left, other.left), top: Math.min(one.top, other.top),
      right: Math.max(one.right, other.right), bottom: Math.max(one.bottom, other.bottom),
    };
  }

  // A box's label is part of what can be clicked.
  function area(element, role) {
    let box = element.getBoundingClientRect();
    if (role === "checkbox") {
      for (const label of element.labels || []) box = join(box, label.getBoundingClientRect());
    }
    return [box.left, box.top, box.right, box.bottom];
  }

  function met(element, box) {
    const hit = document.elementFromPoint((box[0] + box[2]) / 2, (box[1] + box[3]) / 2);
    if (!hit) return false;
    return element.contains(hit) || [...(element.labels || [])].some((label) => label.contains(hit));
  }

  function shows(element, name) {
    const texts = [element.innerText, element.value, element.placeholder];
    for (const label of element.labels || []) texts.push(label.innerText);
    return texts.some((text) => squeeze(text).toLowerCase() === name.toLowerCase());
  }

  const found = [];
  const candidates = "a, button, input, select, textarea, summary, [role], [contenteditable]";
  for (const element of document.querySelectorAll(candidates)) {
    const role = element.computedRole;
    const name = squeeze(element.computedName);
    if (!roles.has(role) || !name) continue;
    const style = getComputedStyle(element);
    const box = area(element, role);
    const drawn = style.visibility === "visible" && element.checkVisibility();
    found.push({ role, name, box, seen: drawn && met(element, box), shown: shows(element, name) });
  }
  return found;
}
