import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { migrate } from './migrations.ts';
import { pruneSamples } from './prune.ts';
import type { Sql } from './queries.ts';

it('finds samples that are too old without reading those that are not', async () => {
  const asked: Sql[] = [];
  const query = async (sql: Sql) => {
    asked.push(sql);
    return [];
  };
  await pruneSamples({ query, write: async () => {} }, 1000);
  const db = new DatabaseSync(':memory:');
  migrate(db);
  const plans = asked.map(({ sql, cells }) => db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...cells));
  expect(plans).toMatchObject([[{ detail: expect.stringContaining('(first<?)') }]]);
});
