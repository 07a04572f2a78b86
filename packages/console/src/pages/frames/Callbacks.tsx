import { Code, Stack, Text } from '@mantine/core';
import { routes, urlOf } from '@reeve/contract';
import { Facts } from '../../components/Facts.tsx';
import { Section } from '../../components/Section.tsx';
import { api } from '../../data/api.ts';
import { useTokens } from '../../data/queries.ts';
import { AddForm } from '../settings/AddForm.tsx';
import { TokenList } from '../settings/Tokens.tsx';

/** How a network delivers frames, and the tokens that can do nothing else. */
export function Callbacks() {
  const tokens = useTokens();
  const add = async (name: string) => {
    const { secret } = await api('tokens.create', { body: { name, scope: 'frames' } });
    return { about: `Token of ${name}, shown this once: it delivers frames and can do nothing else`, secret };
  };
  return (
    <Section title="Callbacks of networks" about="What to set in the portal of the network that carries the frames">
      <Facts
        facts={[
          ['Method', routes['frames.take'].method],
          ['URL', <Code key="url">{window.location.origin + urlOf(routes['frames.take'])}</Code>],
          ['Header', <Code key="header">Authorization: Bearer TOKEN</Code>],
          ['Type', <Code key="type">application/json</Code>],
          ['Body', <Code key="body">{'{"link": "{device}", "data": "{data}", "time": {time}}'}</Code>],
        ]}
      />
      <Stack gap="xs">
        <Text size="sm" fw={600}>
          Tokens
        </Text>
        <TokenList tokens={tokens} only="frames" empty="No network has a token of its own." />
        <AddForm label="A token for the network" placeholder="sigfox" add={add} />
      </Stack>
    </Section>
  );
}
