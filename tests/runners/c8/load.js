/** Keeps the records that have an id, newest last. */
function load(rows) {
  const kept = rows.filter((row) => row.id !== undefined);
  if (kept.length === 0) {
    return [];
  }
  return kept.sort((a, b) => a.day - b.day);
}

class Loader {
  constructor() {
    this.count = 0;
  }

  add(rows) {
    this.count += load(rows).length;
    return this.count;
  }
}

module.exports = { load, Loader };
