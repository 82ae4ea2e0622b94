// What a click at a place meets: the control that the element there belongs to, else that element.
// The box is in CSS pixels (left, top, right, bottom), cut to the window; null where it is most of
// the window, for then nothing in particular was met.
([x, y]) => {
  const hit = document.elementFromPoint(x, y);
  if (!hit) return null;
  const control = 'button, a, label, input, select, textarea, option, summary, [role], [onclick]';
  const met = hit.closest(control) || hit;
  const {left, top, right, bottom} = met.getBoundingClientRect();
  const box = [Math.max(0, left), Math.max(0, top),
               Math.min(innerWidth, right), Math.min(innerHeight, bottom)];
  const area = (box[2] - box[0]) * (box[3] - box[1]);
  return area > 0.6 * innerWidth * innerHeight ? null : box;
}
