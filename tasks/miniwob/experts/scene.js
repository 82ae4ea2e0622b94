// What an expert sees of the elements that match a selector. Boxes are in CSS pixels of the window,
// cut to what of the element can be seen; `spot` is a place where a click meets it, the box's centre
// if that does, and `met` tells whether there is one.
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
  const shares = right - left < 2 || bottom - top < 2 ? [] : [0.5, 0.25, 0.75, 0.1, 0.9];
  const spots = shares.flatMap(x => shares.map(y => [x, y]))
    .map(([x, y]) => [left + x * (right - left), top + y * (bottom - top)]);
  const spot = spots.find(([x, y]) => {
    const hit = document.elementFromPoint(x, y);
    return hit !== null &&
      (node.contains(hit) || (node.localName === 'option' && hit === node.parentElement));
  });
  return {
    text: (node.innerText || node.textContent || '').trim(), value: String(node.value ?? ''),
    checked: Boolean(node.checked || node.selected), enabled: !node.disabled,
    focused: document.activeElement === node, classes: [...node.classList],
    met: spot !== undefined, spot: spot || [left, top], box: [left, top, right, bottom], whole,
  };
})
