import { routes } from '@reeve/contract';
import { describe, expect, it } from 'vitest';
import { openLocalBus } from '../bus/local/bus.ts';
import { openTestServer } from '../http/test-server.ts';
import type { CommandId, DeviceId } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import { HandshakeCensus } from '../link/census.ts';
import { Histogram } from '../store/histogram.ts';
import { openTestCore, organisationId, rest, START } from '../test-core.ts';
import { collectMetrics } from './collect.ts';
import { expose } from './exposition.ts';
import { FinishedCommands } from './finished-commands.ts';
import { metricHandlers } from './handlers.ts';

/** A family of metrics as a scraper reads it: samples by their name and sorted labels. */
interface Family {
  readonly help: string;
  readonly type: string;
  readonly samples: Map<string, number>;
}

const unescaped = (text: string) => text.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));

/** Reads the text exposition format 0.0.4 by its grammar; whatever does not fit throws. */
function parse(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families = new Map<string, Family>();
  let help: { name: string; text: string } | undefined;
  let current: { name: string; family: Family } | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const told = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ((?:[^\\]|\\\\|\\n)*)$/.exec(line);
    if (told) {
      help = { name: told[1] ?? '', text: unescaped(told[2] ?? '') };
      continue;
    }
    const typed = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$/.exec(line);
    if (typed) {
      const [, name = '', type = ''] = typed;
      if (help?.name !== name || families.has(name)) throw new Error(`TYPE of ${name} is out of place`);
      current = { name, family: { help: help.text, type, samples: new Map() } };
      families.set(name, current.family);
      continue;
    }
    const sample =
      /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\[\\"n])*",?)+)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[+-]Inf|NaN)$/.exec(
        line,
      );
    if (!sample || !current) throw new Error(`no line of the format: ${line}`);
    const [, name = '', labels = '', value = ''] = sample;
    const own = current.family.type === 'histogram' ? name.replace(/_(bucket|sum|count)$/, '') : name;
    if (own !== current.name) throw new Error(`${name} stands under ${current.name}`);
    const pairs = [...labels.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map(
      ([, label, escaped = '']) => `${label}=${unescaped(escaped)}`,
    );
    const key = [name, ...pairs.sort()].join(' ');
    if (current.family.samples.has(key)) throw new Error(`${key} stands there twice`);
    current.family.samples.set(key, Number(value.replace('Inf', 'Infinity')));
  }
  return families;
}

describe('the text exposition format', () => {
  it('escapes what labels and help may hold', () => {
    const nasty = 'a"b\\c\nd,e="f"} 1';
    const text = expose([
      { name: 'm', help: 'back\\slash\nand line', type: 'gauge', samples: [{ labels: { l: nasty }, value: 0.5 }] },
    ]);
    expect(text).toBe('# HELP m back\\\\slash\\nand line\n# TYPE m gauge\nm{l="a\\"b\\\\c\\nd,e=\\"f\\"} 1"} 0.5\n');
    const family = parse(text).get('m');
    expect(family?.help).toBe('back\\slash\nand line');
    expect([...(family?.samples ?? [])]).toEqual([[`m l=${nasty}`, 0.5]]);
  });

  it('writes numbers as the format has them, and buckets that add up', () => {
    const numbers = [1e21, -2.5e-9, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const samples = numbers.map((value, index) => ({ labels: { i: String(index) }, value }));
    expect([
      ...(parse(expose([{ name: 'n', help: 'h', type: 'gauge', samples }]))
        .get('n')
        ?.samples.values() ?? []),
    ]).toEqual(numbers);
    const histogram = new Histogram();
    for (const seconds of [0.001, 0.0011, 0.3, 60]) histogram.add(seconds);
    const family = parse(expose([{ name: 'h', help: 'h', type: 'histogram', figures: histogram.figures() }])).get('h');
    const bucket = (le: string) => family?.samples.get(`h_bucket le=${le}`);
    expect(['0.001', '0.0025', '0.25', '0.5', '2.5', 'Infinity'].map(bucket)).toEqual([1, 2, 2, 3, 3, undefined]);
    expect(bucket('+Inf')).toBe(4);
    expect(family?.samples.get('h_count')).toBe(4);
    expect(family?.samples.get('h_sum')).toBeCloseTo(60.3021);
  });

  it('has no line without samples that is not a comment', () => {
    expect(parse(expose([{ name: 'n', help: 'none', type: 'counter', samples: [] }])).get('n')?.samples.size).toBe(0);
  });
});

describe('metrics', () => {
  async function scrape() {
    const core = await openTestCore();
    const bus = openLocalBus(core.store);
    const finishedCommands = new FinishedCommands(bus);
    for (let index = 0; index < 30; index++) await core.add(`truck-${index}`);
    const census = new HandshakeCensus();
    census.count({ identity: 'psk:00', suite: 'TLS_PSK_WITH_AES_128_CCM_8', resumed: false });
    await core.deliver(
      { kind: 'census', ...census.view([]) },
      ...['a', 'b'].map(
        (endpoint) =>
          ({
            kind: 'refused',
            at: START,
            address: '198.51.100.1:40000',
            ingress: 0,
            check: 'wrong-key',
            detail: 'another key',
            endpoint,
            handshake: {},
          }) as const,
      ),
    );
    const finished: JournalDraft = {
      type: 'command.finished',
      at: START,
      organisationId,
      deviceId: 'd' as DeviceId,
      actor: { kind: 'server', name: 'test' },
      payload: { commandId: 'c' as CommandId, state: 'outcome-unknown', text: 'no answer' },
    };
    await core.store.commit({ journal: [finished, finished] });
    await rest();
    const metrics = await collectMetrics({
      store: core.store,
      fleet: core.fleet,
      handshakes: () => core.handshakeCounts.view(core.failedHandshakes, START),
      finishedCommands,
      pacer: core.pacer,
      version: '1.2.3',
      now: () => START,
    });
    await bus.close();
    return parse(expose(metrics));
  }

  it('tell of fleet, handshakes, commands, store and process', async () => {
    const families = await scrape();
    const value = (name: string, ...labels: string[]) => families.get(name)?.samples.get([name, ...labels].join(' '));
    expect(value('reeve_devices', 'presence=never')).toBe(30);
    expect(value('reeve_devices', 'presence=awake')).toBe(0);
    expect(value('reeve_registrations')).toBe(0);
    const handshake = ['kind=psk', 'resumed=false', 'suite=TLS_PSK_WITH_AES_128_CCM_8'];
    expect(value('reeve_handshakes_total', ...handshake)).toBe(1);
    expect(value('reeve_refused_connections_total', 'check=wrong-key')).toBe(2);
    expect(value('reeve_dropped_records_total', 'reason=replayed')).toBe(0);
    expect(value('reeve_commands_finished_total', 'state=outcome-unknown')).toBe(2);
    expect(value('reeve_oldest_queued_command_seconds')).toBe(0);
    expect(value('reeve_paced_requests', 'of=observations')).toBe(0);
    expect(value('reeve_downlink_bytes_total', 'priority=background')).toBe(0);
    expect(value('reeve_store_health', 'state=ok')).toBe(1);
    expect(value('reeve_store_health', 'state=full')).toBe(0);
    expect(value('reeve_store_journal_seq')).toBeGreaterThan(2);
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(value('reeve_build_info', `node=${process.versions.node}`, 'version=1.2.3')).toBe(1);
    expect([...families.values()].every(({ help }) => help.endsWith('.'))).toBe(true);
    for (const [name, { type }] of families)
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
  });

  it('have no label that devices choose', async () => {
    const samples = [...(await scrape()).values()].flatMap(({ samples }) => [...samples.keys()]);
    expect(samples.filter((sample) => sample.includes('truck-') || sample.includes('198.51'))).toEqual([]);
    expect(samples.length).toBeLessThan(200);
  });

  it('are answered as text of that format, to those with a token', async () => {
    const core = await openTestCore();
    const bus = openLocalBus(core.store);
    const sources = {
      store: core.store,
      fleet: core.fleet,
      handshakes: () => core.handshakeCounts.view(core.failedHandshakes, START),
      finishedCommands: new FinishedCommands(bus),
      pacer: core.pacer,
      version: '1.2.3',
      now: () => START,
    };
    const server = await openTestServer({ handlers: metricHandlers(sources) });
    const url = `/api/v1${routes['server.metrics'].path}`;
    expect((await server.app.inject({ url })).statusCode).toBe(401);
    const answer = await server.app.inject({ url, headers: { authorization: `Bearer ${server.bearer}` } });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(parse(answer.body).has('reeve_store_commit_seconds')).toBe(true);
    expect((await server.app.inject({ url: '/metrics' })).statusCode).toBe(401);
    const where = await server.app.inject({ url: '/metrics', headers: { authorization: `Bearer ${server.bearer}` } });
    expect([where.statusCode, where.headers.location]).toEqual([308, url]);
    await server.close();
    await bus.close();
  });
});
