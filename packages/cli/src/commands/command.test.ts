import type { Command } from '@reeve/contract';
import { describe, expect, it } from 'vitest';
import { run } from '../testing.ts';
import { commandIn } from '../testing-answers.ts';

describe('commands', () => {
  it('are taken in the order of their priority', async () => {
    const queued: Command = {
      ...commandIn('queued', 'queued'),
      priority: 'urgent',
      waiting: { reason: 'asleep', text: 'asleep until heard' },
    };
    const answers = { 'commands.create': queued, 'commands.show': queued };
    const { out, calls } = await run(['device', 'read', 'truck-1', '/3/0/9', '--priority', 'urgent'], answers);
    expect(calls[0]?.args).toMatchObject({ body: { priority: 'urgent' } });
    expect(out).toContain('queued: asleep until heard');
    const shown = await run(['command', 'show', 'cmd-1'], answers);
    expect(shown.out).toMatch(/waits +asleep until heard/);
    expect(shown.out).toMatch(/priority +urgent/);
  });

  it('that are cancelled while they are under way say what becomes of them', async () => {
    const { out } = await run(['command', 'cancel', 'cmd-1'], {
      'commands.cancel': { ...commandIn('sent', 'sent'), cancelledBy: 'ada' },
    });
    expect(out).toBe('cmd-1: under way; it is not sent again');
  });
});
