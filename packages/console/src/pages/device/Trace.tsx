import { Button, Code, Stack, Text } from '@mantine/core';
import type { TraceLine } from '@reeve/contract';
import { useEffect, useState } from 'react';
import { Section } from '../../components/Section.tsx';
import { openTrace } from '../../data/trace.ts';
import { formatMoment } from '../../format.ts';

/** Lines that are kept: the oldest go first. */
const KEPT = 200;

/** The decoded CoAP messages of the device as they pass, while somebody looks. */
export function Trace({ deviceId }: { deviceId: string }) {
  const [listening, setListening] = useState(false);
  return (
    <Section
      title="Trace"
      about="Its messages, decoded, as they pass"
      aside={
        <Button size="compact-xs" variant="default" onClick={() => setListening(!listening)}>
          {listening ? 'Stop' : 'Listen'}
        </Button>
      }
    >
      {listening && <Lines deviceId={deviceId} />}
    </Section>
  );
}

interface Numbered extends TraceLine {
  readonly number: number;
}

function Lines({ deviceId }: { deviceId: string }) {
  const [lines, setLines] = useState<readonly Numbered[]>([]);
  const [lost, setLost] = useState(false);
  useEffect(
    () =>
      openTrace(deviceId, {
        onLine: (line) => {
          setLost(false);
          setLines((before) => [...before.slice(1 - KEPT), { ...line, number: (before.at(-1)?.number ?? 0) + 1 }]);
        },
        onLost: () => setLost(true),
      }),
    [deviceId],
  );
  return (
    <Stack gap={4} mah={360} style={{ overflowY: 'auto' }} role="log" aria-label="Messages" data-testid="trace">
      {lines.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing has passed since.
        </Text>
      )}
      {lines.map(({ number, at, direction, bytes, text }) => (
        <Text key={number} size="xs" style={{ overflowWrap: 'anywhere' }}>
          {formatMoment(Date.now(), at)} {direction === 'in' ? '→ server' : '← server'} {bytes} B <Code>{text}</Code>
        </Text>
      ))}
      {lost && (
        <Text size="sm" c="red" role="alert">
          The connection was lost; it is tried again.
        </Text>
      )}
    </Stack>
  );
}
