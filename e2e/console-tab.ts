import { type Browser, chromium, type Locator, type Page } from 'playwright-core';

export const CHROMIUM = '/usr/bin/chromium';

/** How long a person would wait for the page to follow, ms. */
const PATIENCE_MS = 30_000;

/** One tab of a browser with the console in it, as a person sees it. */
export class ConsoleTab implements AsyncDisposable {
  readonly page: Page;
  /** How often the page was loaded. */
  loads = 0;
  /** Whatever the browser complains of: exceptions, breaches of the content security policy, answers that tell of errors. */
  readonly errors: string[] = [];
  readonly #browser: Browser;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.page = page;
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('load', () => {
      this.loads += 1;
    });
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(`${message.text()} ${message.location().url}`);
    });
  }

  static async open(): Promise<ConsoleTab> {
    const browser = await chromium.launch({ executablePath: CHROMIUM });
    return new ConsoleTab(browser, await browser.newPage({ viewport: { width: 1400, height: 900 } }));
  }

  /** Signs in by a one-time link, and waits until the page follows the server. */
  async signIn(url: string): Promise<void> {
    await this.page.goto(url);
    await this.see(this.one('connection'), 'Live');
  }

  one(testId: string, within: Page | Locator = this.page): Locator {
    return within.getByTestId(testId);
  }

  /** Waits until one of them says a text. */
  see(locator: Locator, text: string | RegExp): Promise<void> {
    return locator.filter({ hasText: text }).first().waitFor();
  }

  follow(name: string | RegExp): Promise<void> {
    return this.page.getByRole('link', { name }).first().click();
  }

  /** Goes to a page by the navigation. */
  go(name: string): Promise<void> {
    return this.page.getByRole('navigation').getByRole('link', { name }).click();
  }

  press(name: string | RegExp, within: Page | Locator = this.page): Promise<void> {
    return within.getByRole('button', { name, exact: true }).first().click();
  }

  /** What the browser complains of, but for answers of this status at this path, which the page expects. */
  complaints(expected: readonly (readonly [status: number, path: string])[]): string[] {
    const isExpected = (error: string) =>
      expected.some(([status, path]) => {
        return error.includes(String(status)) && error.endsWith(new URL(`/api/v1${path}`, this.page.url()).href);
      });
    return this.errors.filter((error) => !isExpected(error));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}
