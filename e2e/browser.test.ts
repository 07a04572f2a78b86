import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leshanAvailable } from '../peers/leshan/driver.ts';
import { hasPeer } from '../tooling/testing/peers.ts';
import { CHROMIUM, ConsoleTab } from './console-tab.ts';
import { TestServer } from './harness.ts';
import { Story } from './story.ts';

const canRun = hasPeer('Chromium', [CHROMIUM, '--version']) && leshanAvailable();

/** What a person sees of the story, in one tab that is never loaded a second time. */
describe.skipIf(!canRun)('the console', () => {
  let server: TestServer;
  let tab: ConsoleTab;
  let page: Page;
  let story: Story | undefined;

  beforeAll(async () => {
    server = await TestServer.start({ bootstrap: true });
    tab = await ConsoleTab.open();
    page = tab.page;
  });
  afterAll(async () => {
    await tab?.[Symbol.asyncDispose]();
    await story?.end();
    await server?.close();
  });

  const one = (testId: string, within?: Locator) => tab.one(testId, within);
  const see = (locator: Locator, text: string | RegExp) => tab.see(locator, text);
  const follow = (name: string | RegExp) => tab.follow(name);

  it('opens by a one-time link, and says how a fleet begins', async () => {
    const { url } = await server.api('people.link', { params: { id: 'admin' } });
    await tab.signIn(url);
    await see(one('first-device'), './reeve device add');
    expect(new URL(page.url()).hash).toBe('');
    await page.evaluate('window.neverLoadedAgain = true');
  });

  it('shows the device as soon as it registers', async () => {
    story = await Story.begin(server);
    await see(one('presence', one('device-truck-1')), 'Awake');
    await story.registered();
  });

  it('streams its values', async () => {
    await follow('truck-1');
    const battery = one('value-/3/0/9');
    await battery.waitFor();
    for (const percent of [77, 64]) {
      story?.device.battery(percent);
      await see(battery, String(percent));
    }
    await story?.stay();
    const rule = one('rule-only-california-state');
    await see(one('rule-state', rule), 'OK');
    await see(rule, 'California');
    await see(one('lock-state'), /Unlocked|Unknown/);
  });

  it('shows a broken rule, and the lock that the device says it has', async () => {
    await story?.leave();
    await see(one('rule-state', one('rule-only-california-state')), 'Breached');
    await see(one('lock-state'), /^Locked$/);
    expect(await one('verdict').getAttribute('data-tone')).toBe('bad');
    await story?.locked();
  });

  it('tells of the incident: rule, values, and a receipt for each step', async () => {
    await follow('Incidents');
    await follow('truck-1');
    await see(one('incident-state'), 'Open');
    await see(one('incident-rule'), 'California');
    const evidence = one('incident-evidence');
    for (const value of ['39.53', '-119.81', 'outside']) await see(evidence, value);
    await see(one('response-state'), /^Locked$/);
    const receipts = (await one('receipt').allInnerTexts()).join('\n');
    expect(receipts).toMatch(
      /to remember it[\s\S]*writes the lock state 2[\s\S]*reads the lock state back[\s\S]*the device says that it is locked/,
    );
  });

  it('shows the way back', async () => {
    await story?.comeBack();
    await see(one('incident-state'), 'Cleared');
    await see(one('response-state'), 'Released');
    await see(one('receipt'), 'as before');
    await follow('truck-1');
    await see(one('lock-state'), 'Unlocked');
    await see(one('rule-state', one('rule-only-california-state')), 'OK');
    await story?.unlocked();
  });

  it('tells what the device supports, and what several resources at once cost it before they are read', async () => {
    const supports = page.getByRole('region', { name: 'Supports' });
    await see(supports, 'coaps');
    await page.getByRole('button', { name: 'Several at once' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Resources' }).fill('/3/0/9\n/3/0/13 = soon');
    await see(dialog, 'Line 1: the others are written, this one is read');
    await dialog.getByRole('textbox', { name: 'Resources' }).fill('/3/0/9\n/3/0/0');
    await dialog.getByRole('button', { name: 'What does it cost?' }).click();
    await see(one('cost', dialog), /It costs \d+ bytes in one datagram/);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
  });

  it('lists what devices are given when they are bootstrapped, and tells what is wrong with a template', async () => {
    await follow('Bootstrap');
    await page.getByRole('button', { name: 'Edit default' }).click();
    const editor = page.getByRole('textbox', { name: 'Template default as JSON' });
    const alert = page.getByRole('alert').filter({ hasText: 'This is no template' });
    await editor.fill('{');
    await see(alert, 'No JSON');
    await editor.fill(JSON.stringify({ accounts: [{ shortServerId: 1, lifetime: 600 }] }));
    await page.getByRole('button', { name: 'Save' }).click();
    await see(one('template-default'), 'by admin');
    const { template } = await server.api('bootstrap.template', { params: { name: 'default' } });
    expect(template.accounts).toMatchObject([{ lifetime: 600 }]);
  });

  it('shows a definition by its names, types and units', async () => {
    await follow('Models');
    await page.getByRole('textbox', { name: 'Object' }).fill('Location');
    await page
      .getByRole('button', { name: /Location/ })
      .first()
      .click();
    await see(page.getByRole('main'), 'Latitude');
  });

  it('was loaded once, without an error', async () => {
    expect(await page.evaluate('window.neverLoadedAgain')).toBe(true);
    expect(tab.loads).toBe(1);
    // The page learns from this answer that nobody is signed in.
    expect(tab.complaints([[401, '/session']])).toEqual([]);
  });
});
