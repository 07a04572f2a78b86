import { Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { ActionButton } from '../../components/ActionButton.tsx';
import { Age } from '../../components/Age.tsx';
import { PagedList } from '../../components/PagedList.tsx';
import { Secret } from '../../components/Secret.tsx';
import { Section } from '../../components/Section.tsx';
import { api } from '../../data/api.ts';
import { usePeople } from '../../data/queries.ts';
import { AddForm } from './AddForm.tsx';

const linkOf = ({ name, url }: { name: string; url: string }) => ({
  about: `Sign-in link of ${name}: works once, for ten minutes`,
  secret: url,
});

/** Who may sign in. */
export function People() {
  const people = usePeople();
  const [link, setLink] = useState<{ about: string; secret: string }>();
  return (
    <Section title="People">
      <PagedList list={people} empty="Nobody.">
        {(items) => (
          <Stack gap="xs">
            {items.map(({ personId, name, createdAt }) => (
              <Group key={personId} gap="sm">
                <Text size="sm" fw={600}>
                  {name}
                </Text>
                <Text size="xs" c="dimmed">
                  since <Age at={createdAt} />
                </Text>
                <ActionButton
                  size="compact-xs"
                  label={`New sign-in link for ${name}`}
                  run={async () => setLink(linkOf(await api('people.link', { params: { id: personId } })))}
                >
                  New link
                </ActionButton>
              </Group>
            ))}
          </Stack>
        )}
      </PagedList>
      {link && <Secret {...link} />}
      <AddForm
        label="Name of a new person"
        placeholder="jane"
        add={async (name) => linkOf(await api('people.add', { body: { name } }))}
      />
    </Section>
  );
}
