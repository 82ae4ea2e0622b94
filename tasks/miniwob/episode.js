// Start one episode: no time limit, no cover over the page when it ends, and a mark by which the
// episode is known afterwards. Chance is drawn from the seed alone.
(seed) => {
  core.EPISODE_MAX_TIME = 2e9;  // in ms; setTimeout takes no more than 2^31
  Math.seedrandom(seed);
  core.startEpisodeReal();
  core.startEpisode = () => {};
  window.handrailSeed = seed;
  const said = core.getUtterance();
  return typeof said === 'string' ? said : said.utterance;
}
