import { Alert, Center, Code, Loader, Paper, Stack, Text, Title } from '@mantine/core';
import type { Session } from '@reeve/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Redirect } from 'wouter';
import { api, describeError, isSpentLink } from '../data/api.ts';
import { setSession } from '../data/client.ts';
import { takeToken } from '../data/signIn.ts';

/**
 * Where a one-time link leads, and where people land who are not signed in.
 *
 * @param session null if nobody is signed in, undefined while that is not known yet
 */
export function SignInPage({ session }: { session: Session | null | undefined }) {
  const client = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: (token: string) => api('session.open', { body: { token } }),
    onSuccess: (opened) => setSession(client, opened),
  });
  useEffect(() => {
    // A link pasted while this page is open changes only the fragment.
    const open = () => {
      const token = takeToken(window.location, window.history);
      if (token !== undefined) mutate(token);
    };
    open();
    window.addEventListener('hashchange', open);
    return () => window.removeEventListener('hashchange', open);
  }, [mutate]);

  if (session && !isPending) return <Redirect to="/" replace />;
  return (
    <Center mih="100vh" p="md">
      <Paper withBorder p="xl" maw={460} w="100%">
        <Stack gap="md">
          <Title order={1}>Reeve</Title>
          {isPending || session === undefined ? (
            <Loader aria-label="Signing in" />
          ) : (
            <>
              {error && (
                <Alert color="yellow" role="alert" title="You are not signed in">
                  {isSpentLink(error)
                    ? 'This link was used before or is older than ten minutes.'
                    : describeError(error)}
                </Alert>
              )}
              <Text>Sign-in links work once, for ten minutes. Make a new one where the server runs:</Text>
              <Code block>./reeve user link NAME</Code>
              <Text size="sm" c="dimmed">
                The first start of a server makes the person <Code>admin</Code> and prints their link.
              </Text>
            </>
          )}
        </Stack>
      </Paper>
    </Center>
  );
}
