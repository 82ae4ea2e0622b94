// Runs before a page's own scripts: what they draw by chance while loading comes from the address,
// and the score beside the task is out of sight.
(() => {
  let state = (Number(location.hash.slice(1)) || 0) >>> 0;
  Math.random = () => {  // mulberry32, by T. Ettinger, public domain
    state = (state + 0x6D2B79F5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  document.addEventListener('DOMContentLoaded', () => {
    const style = document.createElement('style');
    style.textContent = 'html { overflow: hidden }' +
      ' #reward-display, #click-canvas { display: none }';
    document.head.append(style);
  });
})()
