// Return the box (left, top, right, bottom) of the first shown element that a selector means, or
// null; `beside`: the whole text of the list item that it lies in.
([where, beside]) => {
  for (const element of document.querySelectorAll(where)) {
    const item = beside && element.closest("li");
    if (beside && (!item || item.innerText.trim() !== beside)) continue;
    const box = element.getBoundingClientRect();
    const x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
    const inside = x >= 0 && y >= 0 && x < innerWidth && y < innerHeight;
    if (box.width && box.height && inside && element.checkVisibility()) {
      return [box.left, box.top, box.right, box.bottom];
    }
  }
  return null;
}
