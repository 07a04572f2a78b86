const LONGEST_COMPARED = 64;

/** Edits (insert, delete, replace, swap of neighbours) that turn one word into the other. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** Letters that two words have in common at their beginning. */
function sharedStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}

/**
 * The valid word that was most likely meant: within a third of its letters, ignoring case; otherwise none. Of words
 * that are as near the one that begins alike is taken: slips are rarest at the beginning.
 */
export function nearestWord(given: string, valid: readonly string[]): string | undefined {
  const wanted = given.slice(0, LONGEST_COMPARED).toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  let bestStart = 0;
  for (const candidate of valid) {
    const word = candidate.toLowerCase();
    const distance = editDistance(wanted, word);
    const start = sharedStart(wanted, word);
    if (distance < bestDistance || (best !== undefined && distance === bestDistance && start > bestStart)) {
      best = candidate;
      bestDistance = distance;
      bestStart = start;
    }
  }
  return best;
}
