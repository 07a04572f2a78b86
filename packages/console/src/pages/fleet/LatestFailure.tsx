import { Anchor, Text } from '@mantine/core';
import { Link } from 'wouter';
import { Age } from '../../components/Age.tsx';
import { Section } from '../../components/Section.tsx';
import { useHandshakes } from '../../data/queries.ts';
import { presentedText } from '../../words.ts';

/** The newest handshake that failed, for who looks for a device that is not in the list. */
export function LatestFailure() {
  const [latest] = useHandshakes(undefined, 1).items;
  if (!latest) return null;
  const who = presentedText(latest);
  return (
    <Section title="Is a device missing?">
      <Text size="sm" className="sentence" data-testid="latest-failure">
        The last handshake that failed came from {latest.address}
        {who === undefined ? '' : ` with ${who}`}, <Age at={latest.lastAt} />: {latest.title}.{' '}
        <Anchor component={Link} href="/connections" inherit>
          Why can’t my device connect?
        </Anchor>
      </Text>
    </Section>
  );
}
