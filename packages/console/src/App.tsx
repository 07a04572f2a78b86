import { Center, Loader } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { QueryError } from './components/QueryError.tsx';
import { Shell } from './components/Shell.tsx';
import { useSession } from './data/queries.ts';
import { BootstrapPage } from './pages/bootstrap/BootstrapPage.tsx';
import { ConnectionsPage } from './pages/connections/ConnectionsPage.tsx';
import { DevicePage } from './pages/device/DevicePage.tsx';
import { FleetPage } from './pages/fleet/FleetPage.tsx';
import { FramesPage } from './pages/frames/FramesPage.tsx';
import { IncidentPage } from './pages/incidents/IncidentPage.tsx';
import { IncidentsPage } from './pages/incidents/IncidentsPage.tsx';
import { ModelsPage } from './pages/models/ModelsPage.tsx';
import { PoliciesPage } from './pages/policies/PoliciesPage.tsx';
import { SignInPage } from './pages/SignInPage.tsx';

import { SettingsPage } from './pages/settings/SettingsPage.tsx';
import { UpdatesPage } from './pages/updates/UpdatesPage.tsx';

/** The map brings the borders of the states with it, so it is loaded when it is first looked at. */
const MapPage = lazy(() => import('./pages/map/MapPage.tsx'));

/** Sign-in for strangers, the pages for people who are signed in. */
export function App() {
  const [path] = useLocation();
  const query = useSession();
  const session = query.data;
  if (path === '/sign-in' || session === null) return <SignInPage session={session} />;
  if (session === undefined)
    return <Center h="100vh">{query.error ? <QueryError query={query} /> : <Loader aria-label="Loading" />}</Center>;
  return (
    <Shell session={session}>
      <Suspense fallback={<Loader aria-label="Loading" />}>
        <Switch>
          <Route path="/">
            <FleetPage session={session} />
          </Route>
          <Route path="/devices/:device">
            {({ device }) => <DevicePage key={device} device={device} session={session} />}
          </Route>
          <Route path="/map" component={MapPage} />
          <Route path="/incidents" component={IncidentsPage} />
          <Route path="/incidents/:id">{({ id }) => <IncidentPage id={id} />}</Route>
          <Route path="/connections">
            <ConnectionsPage session={session} />
          </Route>
          <Route path="/bootstrap" component={BootstrapPage} />
          <Route path="/policies" component={PoliciesPage} />
          <Route path="/updates" component={UpdatesPage} />
          <Route path="/frames" component={FramesPage} />
          <Route path="/models" component={ModelsPage} />
          <Route path="/settings">
            <SettingsPage session={session} />
          </Route>
          <Redirect to="/" />
        </Switch>
      </Suspense>
    </Shell>
  );
}
