// Addresses ↔ what is on the screen. Pure. A link such as
// `?tag=hrevolution&view=replay&at=2011-04-29T14:00:00Z&pace=60&skip=5&thread=ID` reproduces it.
// Everything is in the query, so the page works under any path.
import { formatPace, formatSkip, kDefaultPace, kDefaultSilenceS, parsePace, parseSkip, type Pace } from './clock.ts';

export const kViews = ['event', 'replay', 'threads', 'questions', 'search'] as const;
export type View = (typeof kViews)[number] | 'list';
export const kSorts = ['first', 'size', 'recent'] as const;
export type Sort = (typeof kSorts)[number];

export interface Route {
  view: View;
  tag: string | null; // null: the list, or a search everywhere
  session: string | null;
  at: number | null; // event time
  pace: Pace;
  skip: number; // the longest silence, seconds of waiting
  thread: string | null; // id of any post of an open conversation
  q: string;
  sort: Sort;
}

export const kHome: Route = {
  view: 'list', tag: null, session: null, at: null, pace: kDefaultPace, skip: kDefaultSilenceS, thread: null, q: '', sort: 'first',
};

export function parseRoute(search: string): Route {
  const params = new URLSearchParams(search);
  const tag = params.get('tag')?.trim() || null;
  const asked = params.get('view');
  const view = kViews.find((name) => name === asked) ?? (tag === null ? 'list' : 'event');
  const at = Date.parse(params.get('at') ?? '');
  return {
    view: tag === null && view !== 'search' ? 'list' : view,
    tag,
    session: params.get('session') || null,
    at: Number.isFinite(at) ? at : null,
    pace: parsePace(params.get('pace')),
    skip: parseSkip(params.get('skip')),
    thread: params.get('thread') || null,
    q: params.get('q') ?? '',
    sort: kSorts.find((name) => name === params.get('sort')) ?? 'first',
  };
}

export function formatRoute(route: Partial<Route>): string {
  const full = { ...kHome, ...route };
  const params = new URLSearchParams();
  if (full.tag !== null) params.set('tag', full.tag);
  if (full.view === 'search' || (full.tag !== null && full.view !== 'event' && full.view !== 'list')) params.set('view', full.view);
  if (full.session !== null) params.set('session', full.session);
  if (full.q !== '') params.set('q', full.q);
  if (full.sort !== 'first') params.set('sort', full.sort);
  if (full.view === 'replay') {
    if (full.at !== null) params.set('at', new Date(full.at).toISOString());
    if (formatPace(full.pace) !== formatPace(kDefaultPace)) params.set('pace', formatPace(full.pace));
    if (full.skip !== kDefaultSilenceS) params.set('skip', formatSkip(full.skip));
  }
  if (full.thread !== null) params.set('thread', full.thread);
  const text = params.toString().replaceAll('%3A', ':').replaceAll('%2F', '/');
  return text === '' ? './' : `./?${text}`;
}
