import { Badge, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { type Scope, scopeNames, scopes, type Token } from '@reeve/contract';
import { useState } from 'react';
import { ActionButton } from '../../components/ActionButton.tsx';
import { Age } from '../../components/Age.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import { api } from '../../data/api.ts';
import { type Pages, useTokens } from '../../data/queries.ts';
import { AddForm } from './AddForm.tsx';

/** What programs sign in with, and what each may do. */
export function Tokens() {
  const tokens = useTokens();
  const [scope, setScope] = useState<Scope>('admin');
  const add = async (name: string) => {
    const { secret } = await api('tokens.create', { body: { name, scope } });
    return { about: `Token ${name}, shown this once`, secret };
  };
  return (
    <Section title="Tokens" about="Bearer tokens for programs">
      <TokenList tokens={tokens} empty="No token has been made." />
      <NativeSelect
        size="xs"
        maw={420}
        label="What a new token lets its program do"
        description={scopes[scope].about}
        data={[...scopeNames]}
        value={scope}
        onChange={(event) => setScope(scopeNames.find((name) => name === event.currentTarget.value) ?? 'admin')}
      />
      <AddForm label="Name of a new token" placeholder="backup-job" add={add} />
    </Section>
  );
}

interface TokenListProps {
  tokens: Pages<Token>;
  /** Shows those of this scope alone. */
  only?: Scope;
  empty: string;
}

/** Tokens that there are, with a button that takes each away. */
export function TokenList({ tokens, only, empty }: TokenListProps) {
  const shown = tokens.items.filter(({ scope }) => only === undefined || scope === only);
  return (
    <PagedList list={{ ...tokens, items: shown }} empty={empty}>
      {(items) => (
        <Stack gap="xs">
          {items.map(({ tokenId, name, scope, lastUsedAt, refusedAt }) => (
            <Group key={tokenId} gap="sm">
              <Text size="sm" fw={600}>
                {name}
              </Text>
              <Badge variant="default" tt="none" fw={400}>
                {scope}
              </Badge>
              <Text size="xs" c="dimmed">
                {lastUsedAt === undefined ? 'never used' : 'used '}
                {lastUsedAt !== undefined && <Age at={lastUsedAt} />}
              </Text>
              {refusedAt !== undefined && (
                <Text size="xs" c="yellow">
                  asked for more than it may <Age at={refusedAt} />
                </Text>
              )}
              <ActionButton
                size="compact-xs"
                label={`Revoke ${name}`}
                run={() => api('tokens.revoke', { params: { id: tokenId } })}
              >
                Revoke
              </ActionButton>
            </Group>
          ))}
        </Stack>
      )}
    </PagedList>
  );
}
