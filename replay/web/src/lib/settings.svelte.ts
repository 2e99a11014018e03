// What the reader has chosen; stays in this browser.
import type { Zone } from './time.ts';

export type Theme = 'auto' | 'light' | 'dark';

interface Stored {
  theme: Theme;
  zone: Zone;
  shortcuts: boolean; // single keys (WCAG 2.1.4: they can be turned off)
  server: string; // host of the reader's own account, for "reply in my app"
}

const kKey = 'latecomer';
const kDefaults: Stored = { theme: 'auto', zone: 'utc', shortcuts: true, server: '' };

function load(): Stored {
  try {
    const stored = JSON.parse(localStorage.getItem(kKey) ?? '{}') as Partial<Stored>;
    return {
      theme: stored.theme === 'light' || stored.theme === 'dark' ? stored.theme : 'auto',
      zone: stored.zone === 'local' ? 'local' : 'utc',
      shortcuts: stored.shortcuts !== false,
      server: typeof stored.server === 'string' ? cleanHost(stored.server) : '',
    };
  } catch {
    return { ...kDefaults };
  }
}

// The host in "https://social.example/…", "@me@social.example" or "social.example"; else "".
export function cleanHost(text: string): string {
  const host = text.trim().replace(/^https?:\/\//i, '').replace(/\/.*$/, '').replace(/^.*@/, '').toLowerCase();
  return /^[a-z0-9-]+(\.[a-z0-9-]+)+(:\d{1,5})?$/.test(host) ? host : '';
}

export const settings = $state<Stored>(load());

export function applySettings(): void {
  const root = document.documentElement;
  if (settings.theme === 'auto') delete root.dataset.theme;
  else root.dataset.theme = settings.theme;
  try {
    localStorage.setItem(kKey, JSON.stringify(settings));
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}
