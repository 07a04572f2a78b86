import { Anchor, Badge, Box, Code, Group, List, Paper, Text } from '@mantine/core';
import type { FailedHandshake } from '@reeve/contract';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { formatCount } from '../format.ts';
import { toneColor } from '../theme.ts';
import { presentedText } from '../words.ts';
import { Age } from './Age.tsx';
import { CodedText } from './CodedText.tsx';
import { Facts } from './Facts.tsx';
import { Moment } from './Moment.tsx';

/** A failed handshake: what failed, who it was, what to do, and every fact behind it for who wants to know. */
export function HandshakeCard({ failed, actions }: { failed: FailedHandshake; actions?: ReactNode }) {
  const who = presentedText(failed) ?? (failed.endpoint && `endpoint name ${failed.endpoint}`);
  return (
    <Paper withBorder p="sm" component="article" aria-label={failed.title} data-testid="handshake">
      <Group justify="space-between" gap="xs">
        <Group gap="xs">
          <Badge variant="light" color={toneColor.bad} tt="none" fw={600} data-testid="handshake-check">
            {failed.title}
          </Badge>
          <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
            {who ?? 'Nobody by name'}
          </Text>
          <Text size="sm" c="dimmed">
            from {failed.address}
          </Text>
        </Group>
        <Text size="xs" c="dimmed">
          {failed.count > 1 && `${formatCount(failed.count, 'time')}, last `}
          <Age at={failed.lastAt} />
        </Text>
      </Group>
      <Text size="sm" mt={4} className="sentence">
        {sentence(failed.detail)} <CodedText text={failed.meaning} />
        {failed.alert?.meaning !== undefined && ` ${failed.alert.meaning}`}
      </Text>
      <Listed name="It offered" items={failed.offered} />
      <Listed name="Wanted was" items={failed.wanted} />
      <List size="sm" mt={4} data-testid="handshake-steps">
        {failed.steps.map((step) => (
          <List.Item key={step}>
            <CodedText text={step} />
          </List.Item>
        ))}
      </List>
      {actions && <Box my={6}>{actions}</Box>}
      <details>
        <Text component="summary" size="sm" c="dimmed" style={{ cursor: 'pointer' }}>
          Details
        </Text>
        <HandshakeFacts failed={failed} />
      </details>
    </Paper>
  );
}

function Listed({ name, items = [] }: { name: string; items: readonly string[] | undefined }) {
  if (items.length === 0) return null;
  return (
    <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
      <Text span inherit c="dimmed">
        {name}:
      </Text>{' '}
      {items.join(', ')}
    </Text>
  );
}

function HandshakeFacts({ failed }: { failed: FailedHandshake }) {
  const { presented, alert, device } = failed;
  const certificate = presented?.kind === 'certificate' ? presented : undefined;
  const moment = (at: number | undefined) => at !== undefined && new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
  const facts: [name: string, value: ReactNode][] = [
    ['Record', <Code key="id">{failed.handshakeId}</Code>],
    ['Check', <Code key="check">{failed.check}</Code>],
    ['Stage', failed.stage === 'dtls' ? 'in the handshake' : 'after the handshake, or without DTLS'],
    ['First', <Moment key="first" at={failed.firstAt} />],
    ['Listener', failed.listener],
    [
      'Seems to be',
      device && (
        <Anchor key="device" component={Link} href={`/devices/${device.deviceId}`} inherit>
          {device.endpoint}
        </Anchor>
      ),
    ],
    ['Endpoint name', failed.endpoint],
    ['Subject', certificate?.subject],
    ['Issuer', certificate?.issuer],
    ['Serial number', certificate?.serial],
    ['Names', certificate?.names?.join(', ')],
    ['Valid from', moment(certificate?.notBefore)],
    ['Valid until', moment(certificate?.notAfter)],
    ['Our clock then', certificate && moment(failed.lastAt)],
    ['Fingerprint', presented && 'fingerprint' in presented && `sha256:${presented.fingerprint}`],
    ['Asked for', failed.serverName],
    ['Cipher suite', failed.suite],
    [failed.check === 'alert' ? 'Alert' : 'It was told', alert?.name],
  ];
  return <Facts facts={facts} />;
}

/** With a capital and a full stop. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
