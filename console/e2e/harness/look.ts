// Where things are in the pages, in words a person would use.

import type { Locator, Page } from 'playwright-core';

/** An instance's row of the table. */
export function rowOf(page: Page, name: string): Locator {
  return page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
}

/** How the event stream stands, as the bar says it: live, down, … */
export function streamState(page: Page): Promise<string | null> {
  return page.locator('[data-stream]').getAttribute('data-stream');
}

/** The names in the table, from the top; only rows that are in the page. */
export function namesIn(page: Page): Promise<string[]> {
  return page.locator('[role="row"][data-id] a').allTextContents();
}

/** The status that an instance's page shows. */
export function statusOf(page: Page): Promise<string | null> {
  return page.locator('dt', { hasText: 'Status' }).locator('+ dd').textContent();
}

/** A control by its label, whether or not it must be filled in. */
export function field(form: Locator, label: string): Locator {
  return form.getByLabel(new RegExp(`^${label}( ?\\(required\\))?$`));
}
