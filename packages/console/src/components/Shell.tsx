import { Alert, Badge, Box, Code, Container, Group, Stack, Text } from '@mantine/core';
import type { Session } from '@reeve/contract';
import { type ReactNode, useEffect, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { useLive } from '../data/live.ts';
import { useApprovals, useIncidents } from '../data/queries.ts';
import { ColorSchemeButton } from './ColorSchemeButton.tsx';
import { ConnectionBadge } from './ConnectionBadge.tsx';

const pages = [
  { path: '/', name: 'Fleet', below: '/devices' },
  { path: '/map', name: 'Map', below: '/map' },
  { path: '/incidents', name: 'Incidents', below: '/incidents' },
  { path: '/connections', name: 'Connections', below: '/connections' },
  { path: '/bootstrap', name: 'Bootstrap', below: '/bootstrap' },
  { path: '/policies', name: 'Policies', below: '/policies' },
  { path: '/updates', name: 'Updates', below: '/updates' },
  { path: '/frames', name: 'Frames', below: '/frames' },
  { path: '/models', name: 'Models', below: '/models' },
  { path: '/settings', name: 'Settings', below: '/settings' },
] as const;

/** What surrounds every page: navigation, warnings about the server, and the live connection. */
export function Shell({ session, children }: { session: Session; children: ReactNode }) {
  const connection = useLive();
  return (
    <>
      <Box
        component="header"
        bg="var(--mantine-color-body)"
        style={{ borderBottom: '1px solid var(--mantine-color-default-border)' }}
      >
        <Container size="xl" py={8}>
          <div className="header">
            <Text fw={700} size="lg" component={Link} href="/" c="inherit">
              Reeve
            </Text>
            <Navigation />
            <Group gap="xs" wrap="nowrap">
              <ConnectionBadge connection={connection} />
              <Text size="sm" c="dimmed" visibleFrom="sm">
                {session.actor.name}
              </Text>
              <ColorSchemeButton />
            </Group>
          </div>
        </Container>
      </Box>
      <Container component="main" size="xl" py="lg">
        <Stack gap="md">
          <Warnings server={session.server} />
          {children}
        </Stack>
      </Container>
    </>
  );
}

function Navigation() {
  const [location] = useLocation();
  const open = useIncidents('open');
  const waiting = useApprovals().items.length;
  const attention = open.items.length + waiting;
  const nav = useRef<HTMLElement>(null);
  // On a narrow page the links scroll sideways, and the one of this page may be out of sight.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the location decides which link is current.
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [location]);
  return (
    <nav className="nav" aria-label="Pages" ref={nav}>
      {pages.map(({ path, name, below }) => (
        <Link
          key={path}
          href={path}
          aria-current={location === path || location.startsWith(below) ? 'page' : undefined}
        >
          {name}
          {path === '/incidents' && attention > 0 && (
            <Badge
              size="sm"
              color="red"
              variant="filled"
              style={{ flexShrink: 0 }}
              aria-label={`${attention} need attention`}
            >
              {open.hasNextPage ? `${attention}+` : attention}
            </Badge>
          )}
        </Link>
      ))}
    </nav>
  );
}

function Warnings({ server }: Pick<Session, 'server'>) {
  return (
    <>
      {server.store !== 'ok' && (
        <Alert
          color="red"
          role="alert"
          title={server.store === 'full' ? 'The disk is full' : 'The store does not answer'}
        >
          Nothing new can be saved, so devices are told to come back later. What you see may be old. Look at the disk
          that holds the data folder.
        </Alert>
      )}
      {server.keyLog && (
        <Alert color="red" py="xs" role="alert" title="The keys of all sessions are written to a file">
          The server was started with <Code>SSLKEYLOGFILE</Code>: whoever has that file can read what devices say, and
          speak for them. Start it without as soon as you are done.
        </Alert>
      )}
      {server.warnings.map((warning) => (
        <Alert key={warning} color="yellow" py="xs" role="alert">
          {warning}
        </Alert>
      ))}
      {server.noSec && (
        <Alert color="yellow" py="xs" role="alert" title="Devices may connect without security">
          The server was started with NoSec: anyone who can reach it can pretend to be a device that was added without a
          key. Use it for trials only.
        </Alert>
      )}
    </>
  );
}
