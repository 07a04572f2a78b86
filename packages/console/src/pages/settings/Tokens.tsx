import { Group, NativeSelect, Stack, Text } from '@mantine/core';
import { type Scope, scopeNames, scopes } from '@reeve/contract';
import { useState } from 'react';
import { ActionButton } from '../../components/ActionButton.tsx';
import { Age } from '../../components/Age.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { Section } from '../../components/Section.tsx';
import { api } from '../../data/api.ts';
import { useTokens } from '../../data/queries.ts';
import { AddForm } from './AddForm.tsx';

/** What programs sign in with. */
export function Tokens() {
  const tokens = useTokens();
  const [scope, setScope] = useState<Scope>('admin');
  const add = async (name: string) => {
    const { secret } = await api('tokens.create', { body: { name, scope } });
    return { about: `Token ${name}, shown this once`, secret };
  };
  return (
    <Section title="Tokens" about="Bearer tokens for programs">
      <PagedList list={tokens} empty="No token has been made.">
        {(items) => (
          <Stack gap="xs">
            {items.map(({ tokenId, name, scope, lastUsedAt, refusedAt }) => (
              <Group key={tokenId} gap="sm">
                <Text size="sm" fw={600}>
                  {name}
                </Text>
                <Text size="xs" c="dimmed" title={scopes[scope].about}>
                  {scope} · {lastUsedAt === undefined ? 'never used' : 'used '}
                  {lastUsedAt !== undefined && <Age at={lastUsedAt} />}
                  {refusedAt !== undefined && (
                    <>
                      {' · '}asked for more <Age at={refusedAt} />
                    </>
                  )}
                </Text>
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
      <AddForm label="Name of a new token" placeholder="backup-job" add={add}>
        <NativeSelect
          size="xs"
          label="May"
          value={scope}
          data={scopeNames.map((name) => ({ value: name, label: `${name}: ${scopes[name].about}` }))}
          onChange={(event) => setScope(scopeNames.find((name) => name === event.currentTarget.value) ?? 'admin')}
        />
      </AddForm>
    </Section>
  );
}
