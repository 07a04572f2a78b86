import { Group, Stack, Text } from '@mantine/core';
import type { Response } from '@reeve/contract';
import { Age } from '../../components/Age.tsx';
import { Moment } from '../../components/Moment.tsx';
import { Section } from '../../components/Section.tsx';
import { WordBadge } from '../../components/WordBadge.tsx';
import { responseWords } from '../../words.ts';

const kinds: Record<Response['kind'], string> = { lock: 'Lock the device' };

/** What was done by itself, step by step, each with its receipt. */
export function ResponseList({ responses }: { responses: readonly Response[] }) {
  return (
    <Section title="Responses">
      {responses.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing is done by itself: the rule only raises an alarm.
        </Text>
      )}
      <Stack gap="md">
        {responses.map((response) => (
          <div key={response.responseId} data-testid={`response-${response.responseId}`}>
            <Group gap="xs">
              <Text size="sm" fw={600}>
                {kinds[response.kind]}
              </Text>
              <WordBadge word={responseWords[response.state]} testId="response-state" />
              {response.until !== undefined && (response.state === 'locking' || response.state === 'locked') && (
                <Text size="xs" c="dimmed">
                  ends by itself <Age at={response.until} future />
                </Text>
              )}
            </Group>
            <ol style={{ margin: '4px 0 0', padding: 0, listStyle: 'none' }}>
              {response.steps.map((step) => (
                <li key={`${step.at} ${step.text}`} data-testid="receipt">
                  <Text size="sm">
                    <Text span inherit c="dimmed">
                      <Moment at={step.at} />
                    </Text>{' '}
                    {step.text}
                  </Text>
                </li>
              ))}
            </ol>
          </div>
        ))}
      </Stack>
    </Section>
  );
}
