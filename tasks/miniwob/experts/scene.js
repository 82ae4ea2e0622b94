// What an expert sees of the elements that match a selector. Boxes are in CSS pixels of the window,
// cut to what of the element can be seen; `met` tells whether a click at the box's centre meets it.
(selector) => [...document.querySelectorAll(selector)].map(node => {
  let {left, top, right, bottom} = node.getBoundingClientRect();
  const whole = [left, top, right, bottom];
  for (let around = node.parentElement; around; around = around.parentElement) {
    if (getComputedStyle(around).overflow === 'visible' && around.localName !== 'select') continue;
    const edge = around.getBoundingClientRect();
    left = Math.max(left, edge.left); top = Math.max(top, edge.top);
    right = Math.min(right, edge.right); bottom = Math.min(bottom, edge.bottom);
  }
  right = Math.min(right, innerWidth); bottom = Math.min(bottom, innerHeight);
  left = Math.max(left, 0); top = Math.max(top, 0);
  const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  const met = right - left >= 2 && bottom - top >= 2 && hit !== null &&
    (node.contains(hit) || (node.localName === 'option' && hit === node.parentElement));
  return {
    text: (node.innerText || node.textContent || '').trim(), value: String(node.value ?? ''),
    checked: Boolean(node.checked || node.selected), enabled: !node.disabled,
    focused: document.activeElement === node, classes: [...node.classList], met,
    box: [left, top, right, bottom], whole,
  };
})
