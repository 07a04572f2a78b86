import { Anchor, Box, Group, Skeleton, Stack, Text } from '@mantine/core';
import type { DeviceDetail, RuleStatus } from '@reeve/contract';
import { lazy, Suspense } from 'react';
import { Link } from 'wouter';
import { Section } from '../../components/Section.tsx';
import { WordBadge } from '../../components/WordBadge.tsx';
import { useNow } from '../../data/clock.ts';
import { explainRule, ruleWords } from '../../words.ts';

/** The chart brings a plotting library with it, so it is loaded when a rule with limits is first shown. */
const RuleChart = lazy(() => import('./RuleChart.tsx'));

/** The rules that apply to a device, each with its state in words. */
export function RuleList({ device }: { device: DeviceDetail }) {
  return (
    <Section title="Rules">
      {device.rules.length === 0 && (
        <Text size="sm" c="dimmed">
          No{' '}
          <Anchor component={Link} href="/policies" inherit>
            policy
          </Anchor>{' '}
          applies to this device.
        </Text>
      )}
      <Stack gap="md">
        {device.rules.map((rule) => (
          <Rule key={`${rule.policyId} ${rule.ruleId}`} rule={rule} deviceId={device.deviceId} />
        ))}
      </Stack>
    </Section>
  );
}

function Rule({ rule, deviceId }: { rule: RuleStatus; deviceId: string }) {
  return (
    <div data-testid={`rule-${rule.policyId}-${rule.ruleId}`}>
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <Box w={{ base: 92, sm: 116 }} flex="none">
          <WordBadge word={ruleWords[rule.state]} testId="rule-state" />
        </Box>
        <div>
          <Text size="sm" className="sentence">
            {rule.rule}
          </Text>
          <Explanation rule={rule} />
        </div>
      </Group>
      {rule.path !== undefined && rule.limits && (
        <Suspense fallback={<Skeleton height={200} mt="xs" aria-label="Loading chart" />}>
          <RuleChart deviceId={deviceId} path={rule.path} limits={rule.limits} label={rule.rule} />
        </Suspense>
      )}
    </div>
  );
}

function Explanation({ rule }: { rule: RuleStatus }) {
  const now = useNow();
  return (
    <Text size="xs" c="dimmed" data-testid="rule-explained">
      {`${explainRule(rule, now)} · ${rule.policyId} / ${rule.ruleId}`}
    </Text>
  );
}
