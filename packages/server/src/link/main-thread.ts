import type { OpenLink } from './port.ts';
import { runLink } from './runner.ts';

/** The link in the main thread: the cheapest per message, and the default. */
export const openMainThreadLink: OpenLink = runLink;

/** As `openMainThreadLink`, but everything that crosses the port is cloned, as it would be between threads. */
export const openCloningLink: OpenLink = async (config, deliver) => {
  const link = await runLink(config, (messages) => deliver(structuredClone(messages)));
  return { ...link, post: (messages) => link.post(structuredClone(messages)) };
};
