// A stand-in for the suite's core with the interface that an episode needs.
var WOB_RAW_REWARD_GLOBAL = 0, WOB_DONE_GLOBAL = false;
Math.seedrandom = seed => {
  let state = seed;
  Math.random = () => (state = (state * 16807 + 11) % 2147483647) / 2147483647;
};
var core = {
  EPISODE_MAX_TIME: 300,
  timer: null,
  startEpisode() {  // covers the page, as the suite does before and after every episode
    const cover = document.createElement('div');
    cover.style = 'position: absolute; inset: 0; background: black; z-index: 9';
    cover.onclick = () => core.startEpisodeReal();
    document.body.append(core.cover = cover);
  },
  startEpisodeReal() {
    core.cover.remove();
    WOB_DONE_GLOBAL = false;
    WOB_RAW_REWARD_GLOBAL = 0;
    genProblem();
    clearTimeout(core.timer);
    core.timer = setTimeout(() => core.endEpisode(-1), core.EPISODE_MAX_TIME);
  },
  endEpisode(reward) {
    if (core.timer === null) return;
    clearTimeout(core.timer);
    core.timer = null;
    WOB_RAW_REWARD_GLOBAL = reward;
    WOB_DONE_GLOBAL = true;
    core.startEpisode();
  },
  getUtterance: () => document.getElementById('query').textContent,
};
