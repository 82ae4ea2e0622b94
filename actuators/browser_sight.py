"""The script that tells what is seen at a point of a page, and whether input there reaches it.

It expects ``acts`` (a node's control, or the node itself), ``isControl``, ``x`` and ``y`` around
it, and offers ``look(receiver, painted)`` and ``deepest(root, x, y)``.
"""

SIGHT = """
  const up = node => node.assignedSlot || node.parentElement ||
    (node.getRootNode() instanceof ShadowRoot ? node.getRootNode().host : null);
  const within = (node, outer) => {
    for (; node; node = up(node)) if (node === outer) return true;
    return false;
  };
  const element = node => node.nodeType === 1 ? node : node.parentElement;
  const clear = color => {
    const alpha = /^rgba|\\//.test(color) ? /([\\d.]+)\\s*\\)$/.exec(color) : null;
    return color === 'transparent' || (alpha !== null && Number(alpha[1]) < 0.05);
  };
  const fade = node => {
    let left = 1;
    for (; node; node = up(node)) left *= Number(getComputedStyle(node).opacity);
    return left;
  };
  const pictures = ['img', 'canvas', 'video', 'svg', 'iframe', 'embed', 'object', 'input',
                    'select', 'textarea', 'meter', 'progress'];
  const hidden = node => getComputedStyle(node).visibility !== 'visible' || fade(node) < 0.05;
  // What a node draws by itself, wherever in its box that is.
  const draws = node => {
    const style = getComputedStyle(node);
    const pseudo = name => {
      const made = getComputedStyle(node, name);
      return !['none', 'normal', ''].includes(made.content) &&
        (made.content !== '""' || !clear(made.backgroundColor) || made.backgroundImage !== 'none');
    };
    return pictures.includes(node.localName) || node instanceof SVGElement ||
      !clear(style.backgroundColor) || style.backgroundImage !== 'none' ||
      style.backdropFilter !== 'none' || pseudo('::before') || pseudo('::after');
  };
  const words = node => [...node.childNodes].some(child => {
    if (child.nodeType !== 3 || !child.data.trim()) return false;
    const range = document.createRange();
    range.selectNodeContents(child);
    return [...range.getClientRects()].some(
      box => x >= box.left && x < box.right && y >= box.top && y < box.bottom);
  });
  const drawsHere = node => !hidden(node) && (draws(node) || words(node));
  const framed = node => {
    const style = getComputedStyle(node);
    return ['Top', 'Right', 'Bottom', 'Left'].some(side => style[`border${side}Style`] !== 'none' &&
      parseFloat(style[`border${side}Width`]) > 0 && !clear(style[`border${side}Color`]));
  };
  const drawsAnywhere = node => !hidden(node) && (Boolean(node.textContent.trim()) || framed(node)
    || node.shadowRoot !== null || draws(node)
    || [...node.querySelectorAll('*')].slice(0, 300).some(one => !hidden(one) && draws(one)));
  const area = node => {
    const box = node.getBoundingClientRect();
    return box.width * box.height;
  };
  const deepest = (root, x, y) => {
    let node = root.elementFromPoint ? root.elementFromPoint(x, y) : null;
    while (node && node.shadowRoot && node.shadowRoot.elementFromPoint(x, y) &&
      node.shadowRoot.elementFromPoint(x, y) !== node)
      node = node.shadowRoot.elementFromPoint(x, y);
    return node;
  };
  // What lies at the point, the topmost first; ``painted`` may let the input through.
  const pile = (receiver, painted) => {
    const root = receiver.getRootNode();
    const below = root.elementsFromPoint ? root.elementsFromPoint(x, y) : [];
    return [...new Set([element(painted), element(receiver), ...below])].filter(Boolean);
  };
  // An invisible native control over the drawing that stands for it.
  const standsFor = (taker, seen) => taker.localName === 'input' && taker.parentElement !== null &&
    hidden(taker) && within(seen, taker.parentElement);
  const reaches = (taker, seen) => taker === seen || within(taker, seen) ||
    (isControl(taker) && (within(seen, taker) || standsFor(taker, seen) ||
      (drawsAnywhere(taker) && area(taker) <= area(seen))));
  const visible = (taker, top) => {
    if (!isControl(taker) || taker.localName === 'area') return true;
    if (!hidden(taker))
      return drawsAnywhere(taker) || (Boolean(top) && !top.matches('html, body'));
    return Boolean(top) && standsFor(taker, top);
  };
  const disabled = node => {
    if (node.matches(':disabled')) return true;
    for (; node; node = up(node)) if (node.getAttribute('aria-disabled') === 'true') return true;
    return false;
  };
  const called = node => String(node.getAttribute('aria-label') ||
    (node.labels && node.labels[0] && node.labels[0].textContent) || node.textContent.trim() ||
    node.getAttribute('name') || node.localName).slice(0, 80);
  const alone = (aim, root) => !isControl(aim) || [[-1, 0], [1, 0], [0, -1], [0, 1]].every(
    ([dx, dy]) => {
      const beside = deepest(root, x + dx, y + dy);
      const other = beside && acts.call(beside);
      return !other || !isControl(other) || within(other, aim) || within(aim, other);
    });
  const look = (receiver, painted) => {
    const taker = acts.call(receiver);
    const top = pile(receiver, painted).find(drawsHere);
    const shown = top && acts.call(top);
    const seen = shown && isControl(shown) ? shown : null;
    const aim = seen && !reaches(taker, seen) ? seen : taker;
    const box = aim.getBoundingClientRect();
    return {
      node: aim,
      taker,
      name: called(aim),
      box: [box.left, box.top, box.right, box.bottom],
      alone: alone(taker, receiver.getRootNode()),
      visible: aim === seen || visible(taker, top),
      receives: aim === taker,
      cover: aim === taker ? '' : called(taker),
      enabled: !disabled(aim),
    };
  };
"""
