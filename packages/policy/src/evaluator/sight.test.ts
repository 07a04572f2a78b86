import { describe, expect, it } from 'vitest';
import { nextSight, type Sight, type SightEvent } from './sight.ts';

const NOW = 1_000;
const FROM: Record<Sight['kind'], Sight> = {
  seeing: { kind: 'seeing' },
  blind: { kind: 'blind', since: 1, reason: 'new-session' },
  'cannot-evaluate': { kind: 'cannot-evaluate', since: 1, reason: 'refused' },
};

const seeing: Sight = { kind: 'seeing' };
const cannotNow: Sight = { kind: 'cannot-evaluate', since: NOW, reason: 'missing' };
const cannotStill: Sight = { kind: 'cannot-evaluate', since: 1, reason: 'missing' };

/** Every cell of the machine, for an event whose reason is `missing`. */
const EXPECTED: Record<Sight['kind'], Record<SightEvent, Sight>> = {
  seeing: {
    value: seeing,
    late: seeing,
    unusable: cannotNow,
    lost: { kind: 'blind', since: NOW, reason: 'missing' },
    refused: cannotNow,
    expired: cannotNow,
  },
  blind: {
    value: seeing,
    late: cannotNow,
    unusable: cannotNow,
    lost: FROM.blind,
    refused: cannotNow,
    expired: cannotNow,
  },
  'cannot-evaluate': {
    value: seeing,
    late: cannotStill,
    unusable: cannotStill,
    lost: FROM['cannot-evaluate'],
    refused: cannotStill,
    expired: FROM['cannot-evaluate'],
  },
};

const cells = Object.entries(EXPECTED).flatMap(([from, events]) =>
  Object.entries(events).map(([event, to]) => ({ from, event, to })),
) as { from: Sight['kind']; event: SightEvent; to: Sight }[];

describe('sight', () => {
  it.each(cells)('$from, on $event', ({ from, event, to }) => {
    expect(nextSight(FROM[from], event, 'missing', NOW)).toEqual(to);
  });
});
