/**
 * The token of a one-time sign-in link, taken out of the address and out of the history so that nobody finds it there.
 * It travels in the fragment, which browsers neither send to a server nor pass on in a referrer.
 */
export function takeToken(location: Location, history: History): string | undefined {
  const token = location.hash.slice(1);
  if (token === '') return undefined;
  history.replaceState(null, '', location.pathname);
  return token;
}
