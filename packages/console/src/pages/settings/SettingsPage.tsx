import { Text } from '@mantine/core';
import type { Session } from '@reeve/contract';
import { useQueryClient } from '@tanstack/react-query';
import { ActionButton } from '../../components/ActionButton.tsx';
import { Age } from '../../components/Age.tsx';
import { Section } from '../../components/Section.tsx';
import { api } from '../../data/api.ts';
import { signedOut } from '../../data/client.ts';
import { Authorities } from './Authorities.tsx';
import { People } from './People.tsx';
import { ServerIdentity } from './ServerIdentity.tsx';
import { Tokens } from './Tokens.tsx';
import { DeadLetters, Webhooks } from './Webhooks.tsx';

/** Who is told, who vouches for devices, who may sign in, and the session itself. */
export function SettingsPage({ session }: { session: Session }) {
  const client = useQueryClient();
  const signOut = async () => {
    await api('session.close');
    await signedOut(client);
  };
  return (
    <>
      <Webhooks />
      <DeadLetters />
      <Authorities />
      <ServerIdentity />
      <People />
      <Tokens />
      <Section title="This session" aside={<ActionButton run={signOut}>Sign out</ActionButton>}>
        <Text size="sm">
          Signed in as {session.actor.name}. Reeve {session.server.version}, running since{' '}
          <Age at={session.server.startedAt} />; devices connect to UDP port {session.server.coapsPort}.
        </Text>
      </Section>
    </>
  );
}
